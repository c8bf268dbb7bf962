package record

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGeneratedCodesAreFresh generates the code lists again from the published
// file and compares.
func TestGeneratedCodesAreFresh(t *testing.T) {
	dir := os.Getenv("MASH_TEST_DATA")
	if dir == "" {
		dir = filepath.Join("..", "shared", "data")
	}
	if !filepath.IsAbs(dir) {
		root, err := filepath.Abs(filepath.Join("..", ".."))
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(root, dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "standards", "socialcaredata-vocabularies.json")); err != nil {
		t.Skip("the published code lists are not here: set MASH_TEST_DATA to the folder that holds standards/")
	}
	cmd := exec.Command("go", "run", "./internal/gencodes", "-published", CodesPublished)
	cmd.Env = append(os.Environ(), "MASH_TEST_DATA="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	want, err := cmd.Output()
	if err != nil {
		t.Fatalf("gencodes: %v\n%s", err, stderr.String())
	}
	got, err := os.ReadFile("codes_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatal("codes_gen.go is stale: run go generate ./plugins/record")
	}
	for _, say := range []string{"Data Standards for Social Care", "Open Government\n// Licence v3.0", CodesPublished} {
		if !bytes.Contains(got, []byte(say)) {
			t.Errorf("the generated file does not say %q", say)
		}
	}
}

func TestVocabulary(t *testing.T) {
	tests := []struct {
		list Vocabulary
		code string
		want bool
	}{
		{EventTypes, "missing-person", true},
		{EventTypes, "domestic-abuse-incident", false}, // why OwnEvents exists
		{OwnEvents, "domestic-abuse-incident", true},
		{DateAccuracies, "UUE", true},
		{DateAccuracies, "1", false}, // a position, not a code
		{Ethnicities, "-8", true},
		{Relationships, "MTH", true},
		{ObservationTypes, "EAL", true},
		{ObservationTypes, "EAL.pl", true},
		{ObservationTypes, "EAL.polish", false},
		{ObservationTypes, "EAL.", false},
		{ObservationTypes, "religion.1013", true},
		{ObservationTypes, "religion.none", false},
		{Involvements, "ATND", true}, // HL7's list, of which ours shows examples
		{Involvements, "", false},
		{Genders, "", false},
	}
	for _, tt := range tests {
		if got := tt.list.Allows(tt.code); got != tt.want {
			t.Errorf("%s allows %q: %v", tt.list.Name, tt.code, got)
		}
	}
	c := EventTypes.Of("missing-person")
	if c.Label != "Reported Missing" || c.System != EventTypes.System || c.Code != "missing-person" {
		t.Errorf("%+v", c)
	}
	if got := DomesticAbuseIncident.URN(); got != "urn:mashhub:event:domestic-abuse-incident" {
		t.Errorf("our own code is written %q", got)
	}
	if got := OwnEvents.Of(DomesticAbuseIncident.Code); got != DomesticAbuseIncident {
		t.Errorf("our own code is %+v in its list", got)
	}
}
