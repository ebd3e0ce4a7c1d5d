"""Networks: a backbone from timm, cut at a named place, and a head that listens frame by frame."""
