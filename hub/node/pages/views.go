package pages

import "embed"

//go:embed views/*.html
var viewFiles embed.FS
