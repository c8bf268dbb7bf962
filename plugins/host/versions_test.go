package host

func serveVersions(string) {}
