package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
)

// parse reads what was typed. Help goes to standard output with status 0. What
// is not understood ends the program with status 2 and says on standard error
// what is wrong and where help is, in two lines: a page of usage would push the
// reason out of sight, and on standard output it would pass for a result.
func parse(c *cli, args []string) *kong.Context {
	k := kong.Must(c, kong.Name("mashhub"), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Description("A hub in which agencies share what keeps children safe, each by the agreement it signed."))
	ctx, err := k.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "mashhub: %s\nSee %s --help\n", oneLine(err.Error()), understood(k, err))
		os.Exit(exitUsage)
	}
	return ctx
}

// understood is the longest part of the command that made sense: whose help
// serves.
func understood(k *kong.Kong, err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) {
		for i := len(wrong.Context.Path) - 1; i >= 0; i-- {
			if command := wrong.Context.Path[i].Command; command != nil && !command.Hidden {
				return command.FullPath()
			}
		}
	}
	return k.Model.Name
}

// oneLine keeps what was typed from making lines, or colours, of its own.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}
