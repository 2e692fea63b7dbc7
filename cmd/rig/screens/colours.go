// SPDX-License-Identifier: Apache-2.0

package screens

import (
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"slices"
)

// fewColours reduces a picture to the 256 colours that it uses most.
func fewColours(from image.Image) image.Image {
	count := map[color.RGBA]int{}
	bounds := from.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[color.RGBAModel.Convert(from.At(x, y)).(color.RGBA)]++
		}
	}
	used := make([]color.RGBA, 0, len(count))
	for each := range count {
		used = append(used, each)
	}
	slices.SortFunc(used, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(value(a), value(b)))
	})
	palette := color.Palette{}
	for _, each := range used[:min(256, len(used))] {
		palette = append(palette, each)
	}
	to := image.NewPaletted(bounds, palette)
	draw.Draw(to, bounds, from, bounds.Min, draw.Src)
	return to
}

func value(c color.RGBA) uint32 {
	return uint32(c.R)<<24 | uint32(c.G)<<16 | uint32(c.B)<<8 | uint32(c.A)
}
