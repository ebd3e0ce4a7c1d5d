"""The report of a training run: one HTML file that opens offline and explains itself to an ecologist.

The caller says what is shown, in the values of `content`; `page.write` turns it into a page. The page has no script and
fetches nothing (its content security policy forbids both), and every word that came from outside is escaped. A number
that could not be computed is NaN or None and reads n/a, never 0. The same report gives the same bytes.

- `content`: what is shown
- `page`: the whole page, with the style of page.css
- `fragments`, `ranking`: what sections share
- `headline`, `scores`, `meaning`, `species`, `pseudo`, `losses`, `recordings`, `problems`, `settings`: one section each
"""
