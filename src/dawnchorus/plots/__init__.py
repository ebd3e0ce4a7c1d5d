"""Pictures without a plotting library: spectrograms as PNG bytes, charts as SVG text. One kind of picture a file.

Every function returns a picture and writes nothing. The SVG stands inside an HTML page; it has no script, no style
sheet and no outside reference, and all words in it are escaped. The same input gives the same bytes. Text is 12 units
high unless said, so a chart may be shown at 85 % of its size and still be read.

- `ink`: words and shapes, their colours; a picture as a file of its own
- `axes`: ticks, grid and legend of a chart over numbers
- `spectrogram`: sound as a PNG
- `marks`: boxes and score curves on a recording
- `place`: where seconds and hertz lie on a picture of sound
- `recording`, `clip`: a whole recording with its marks, and a stretch of one
- `lines`, `dots`, `bars`: charts over numbers
- `diel`, `calendar`, `site_map`: what was heard through the day, through the season, and where
"""
