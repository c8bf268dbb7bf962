package record

// foldRows gives each base letter and the lower-case Latin letters that are
// written as that letter with a mark. The marked letters that Unicode
// decomposes are complete for Latin-1, Latin Extended-A, -B and Additional (a
// test compares them with Unicode's own data); the others (ø, ł, đ …) are here
// because keyboards and old systems drop their stroke.
var foldRows = []struct{ base, marked string }{
	{"a", "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"},
	{"b", "ḃḅḇƀɓ"},
	{"c", "çćĉċčḉ"},
	{"d", "ďḋḍḏḑḓđɖ"},
	{"e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"},
	{"f", "ḟ"},
	{"g", "ĝğġģǧǵḡǥ"},
	{"h", "ĥȟḣḥḧḩḫẖħ"},
	{"i", "ìíîïĩīĭįǐȉȋḭḯỉịı"},
	{"j", "ĵǰ"},
	{"k", "ķǩḱḳḵƙ"},
	{"l", "ĺļľḷḹḻḽł"},
	{"m", "ḿṁṃ"},
	{"n", "ñńņňǹṅṇṉṋŋ"},
	{"o", "òóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợø"},
	{"p", "ṕṗ"},
	{"r", "ŕŗřȑȓṙṛṝṟ"},
	{"s", "śŝşšșṡṣṥṧṩ"},
	{"t", "ţťțṫṭṯṱẗŧ"},
	{"u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"},
	{"v", "ṽṿ"},
	{"w", "ŵẁẃẅẇẉẘ"},
	{"x", "ẋẍ"},
	{"y", "ýÿŷȳẏẙỳỵỷỹ"},
	{"z", "źżžẑẓẕƶ"},
}

// foldMany are the letters that become more than one, or that no row holds.
var foldMany = map[rune]string{
	'ß': "ss",
	'æ': "ae",
	'ǽ': "ae",
	'œ': "oe",
	'þ': "th",
	'ð': "d",
	'ǿ': "o",
	'ĳ': "ij",
	'ﬀ': "ff",
	'ﬁ': "fi",
	'ﬂ': "fl",
}

// foldOne is foldRows turned round, for one look-up a letter.
var foldOne = func() map[rune]rune {
	m := make(map[rune]rune, 512)
	for _, row := range foldRows {
		for _, r := range row.marked {
			m[r] = rune(row.base[0])
		}
	}
	return m
}()
