// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// readXML turns a document into an object: {"Root": element}. Names lose their name spaces: a program that maps one
// vendor's till knows what it reads.
func readXML(payload []byte, o Options) (any, *Rejection) {
	x := xmlReader{xml: xml.NewDecoder(bytes.NewReader(payload)), maxDepth: o.MaxDepth}
	x.xml.CharsetReader = charset
	document := map[string]any{}
	for {
		token, err := x.xml.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, x.malformed()
		}
		if start, ok := token.(xml.StartElement); ok {
			if len(document) > 0 {
				return nil, reject(CodeText, "more than one root element")
			}
			element, rejection := x.element(start, 1)
			if rejection != nil {
				return nil, rejection
			}
			document[start.Name.Local] = element
		}
	}
	if len(document) == 0 {
		return nil, reject(CodeText, "no XML")
	}
	return document, nil
}

type xmlReader struct {
	xml      *xml.Decoder
	maxDepth int
}

func (x *xmlReader) malformed() *Rejection {
	return reject(CodeText, "malformed XML after %d bytes", x.xml.InputOffset())
}

// element reads up to the end of an element.
func (x *xmlReader) element(start xml.StartElement, depth int) (any, *Rejection) {
	if depth > x.maxDepth {
		return nil, reject(CodeDepth, "nested more than %d deep", x.maxDepth)
	}
	object := map[string]any{}
	for _, attribute := range start.Attr {
		object["@"+attribute.Name.Local] = attribute.Value
	}
	var text strings.Builder
	for {
		token, err := x.xml.Token()
		if err != nil {
			return nil, x.malformed()
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			child, rejection := x.element(token, depth+1)
			if rejection != nil {
				return nil, rejection
			}
			add(object, token.Name.Local, child)
		case xml.EndElement:
			return close(object, strings.TrimSpace(text.String())), nil
		}
	}
}

// close gives an element's value: its text alone where it has nothing else.
func close(object map[string]any, text string) any {
	if len(object) == 0 {
		return text
	}
	if text != "" {
		object["#text"] = text
	}
	return object
}

// add puts a child in its place, or in a list with its like.
func add(object map[string]any, name string, child any) {
	switch before := object[name].(type) {
	case nil:
		object[name] = child
	case []any:
		object[name] = append(before, child)
	default:
		object[name] = []any{before, child}
	}
}

// charset reads the encodings that tills still write beside UTF-8.
func charset(name string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "iso-8859-1", "latin1", "us-ascii", "ascii":
		return charmap.ISO8859_1.NewDecoder().Reader(input), nil
	case "iso-8859-15":
		return charmap.ISO8859_15.NewDecoder().Reader(input), nil
	case "windows-1252":
		return charmap.Windows1252.NewDecoder().Reader(input), nil
	}
	return nil, errors.New("unknown encoding")
}
