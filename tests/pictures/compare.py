"""Compare two pictures as the eye does, tile by tile: by structure, and by colour.

Structure is the structural similarity of Wang et al. (2004), colour the CIEDE2000 distance of what a tile looks like
from afar, both as scikit-image computes them. The worst tile decides: a mean over the picture forgives a lost sign.

There are two tolerances, from an experiment (docs/decisions/0014-sheets.md). Set in the stored picture's own type a
sheet may differ nowhere by more than what the few colours of the stored one take away. Another type, or another
browser, moves letters and now and then a label: a few tiles may differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity
from skimage.transform import downscale_local_mean

__all__ = ["LOOSE", "STRICT", "Difference", "Tolerance", "compare", "kept"]

TILE = 32


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Least likeness and most colour distance of a tile, and the share of tiles that may be worse."""

    likeness: float
    colour: float
    share: float


STRICT = Tolerance(0.93, 4.0, 0.0)
LOOSE = Tolerance(0.6, 6.0, 0.01)


@dataclass(frozen=True, slots=True)
class Difference:
    """The worst tiles of a picture: structural similarity (1 the same), colour distance (0 the same), and which."""

    likeness: float
    colour: float
    tiles: tuple[tuple[int, int], ...]
    of: int
    tolerance: Tolerance

    @property
    def same(self) -> bool:
        """Whether it is the same picture to the eye."""
        return len(self.tiles) <= self.tolerance.share * self.of


def compare(actual: Image.Image, stored: Image.Image, tolerance: Tolerance = STRICT) -> Difference:
    """Compare a picture with the stored one of the same size."""
    if actual.size != stored.size:
        return Difference(0.0, 100.0, ((0, 0),), 1, tolerance)
    one, other = (np.asarray(picture.convert("RGB")) for picture in (actual, stored))
    grey = (np.asarray(picture.convert("L")) for picture in (actual, stored))
    look = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    _, full = structural_similarity(*grey, full=True, **look)
    likeness = _tiles(full[..., None])[..., 0]
    colour = deltaE_ciede2000(rgb2lab(_tiles(one / 255)), rgb2lab(_tiles(other / 255)))
    rows, columns = np.nonzero((likeness < tolerance.likeness) | (colour > tolerance.colour))
    tiles = tuple(zip(columns.tolist(), rows.tolist(), strict=True))
    return Difference(round(float(likeness.min()), 3), round(float(colour.max()), 2), tiles, likeness.size, tolerance)


def kept(name: str, actual: Image.Image, stored: Image.Image, found: Difference, folder: Path) -> str:
    """Write the actual picture and one that marks what differs; say where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = actual.convert("RGB")
    marked = Image.blend(shown, Image.new("RGB", shown.size, "white"), 0.55)
    pen = ImageDraw.Draw(marked)
    for x, y in found.tiles:
        box = (x * TILE, y * TILE, (x + 1) * TILE, (y + 1) * TILE)
        marked.paste(shown.crop(box), box[:2])
        pen.rectangle(box, outline="#c4006a", width=2)
    paths = folder / f"{name}-actual.png", folder / f"{name}-difference.png"
    shown.save(paths[0])
    marked.save(paths[1])
    sizes = f"{actual.size} now, {stored.size} stored" if actual.size != stored.size else ""
    return (
        f"{name}: {len(found.tiles)} of {found.of} tiles differ {sizes}(worst likeness {found.likeness}, worst colour "
        f"distance {found.colour}; {found.tolerance}). Look at {paths[0]} and {paths[1]}; if it is meant so: "
        "python -m tests.pictures.regenerate"
    )


def _tiles(picture: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    tall, wide = (side // TILE * TILE for side in picture.shape[:2])
    means: npt.NDArray[np.float64] = downscale_local_mean(picture[:tall, :wide], (TILE, TILE, 1))
    return means
