"""Photos and scans that somebody sent become a PDF that everybody can read: every page of a scan, a long picture over several."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from typing import cast

import img2pdf
import pillow_heif
from PIL import Image, ImageOps, ImageSequence

from aap.documents.incoming.incoming_file import RefusedFile

pillow_heif.register_heif_opener()
warnings.simplefilter("ignore", Image.DecompressionBombWarning)

MOST_PIXELS = 80_000_000
Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses twice as much, before it decodes anything
MOST_SCANNED = 200  # pages of one scan
_FORMATS = frozenset({"JPEG", "MPO", "PNG", "WEBP", "HEIF", "TIFF", "BMP", "GIF"})
_SEVERAL_PAGES = frozenset({"TIFF", "HEIF"})
_MOVING = frozenset({"GIF", "WEBP", "PNG"})
_LONGEST_SIDE = 2_200  # pixels: 190 dots an inch on A4, readable and light
_LONG = 2.0  # times as high as wide: no page of paper, the picture of a screen that was scrolled
_SCREEN_WIDTH = 1_100  # pixels of such a picture
_SCREEN_HEIGHT = 1_000  # pixels of a page of it, at least
_A4 = (595.28, 841.89)
_A4_HEIGHT = 1.4142


def is_picture(content: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.format in _FORMATS
    except Image.DecompressionBombError:
        return True
    except Exception:
        return False


def pages_of(name: str, content: bytes) -> list[Image.Image]:
    """A picture's pages as they were seen, without transparency, at a size that can be printed. Raises RefusedFile."""
    too_many = "Cette image compte trop de points. Prenez la photo en qualité normale, ou envoyez un PDF."
    try:
        with Image.open(io.BytesIO(content)) as picture:
            frames = getattr(picture, "n_frames", 1)
            if frames > 1 and picture.format in _MOVING:
                raise RefusedFile(  # noqa: TRY301
                    name,
                    "Cette image est animée\u00a0: seule une image fixe peut être reçue. Enregistrez-la au format JPEG.",
                )
            several = picture.format in _SEVERAL_PAGES and frames > 1
            if several and frames > MOST_SCANNED:
                raise RefusedFile(  # noqa: TRY301
                    name, f"Ce fichier compte {frames} pages, {MOST_SCANNED} au plus. Envoyez-le au format PDF."
                )
            made: list[Image.Image] = []
            for frame in ImageSequence.Iterator(picture) if several else (picture,):
                if frame.width * frame.height > MOST_PIXELS:
                    raise RefusedFile(name, too_many)  # noqa: TRY301
                made += _cut(_upright(frame))
            return made
    except (RefusedFile, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise RefusedFile(name, too_many) from error
    except Exception as error:
        raise RefusedFile(
            name, "Cette photo ne peut pas être ouverte. Reprenez-la, ou enregistrez-la au format JPEG."
        ) from error


def _upright(picture: Image.Image) -> Image.Image:
    if picture.height <= _LONG * picture.width:
        picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
    turned = _eight_bits(ImageOps.exif_transpose(picture))
    if turned.height > _LONG * turned.width:
        width = min(turned.width, _SCREEN_WIDTH)
        turned = turned.resize((width, max(1, round(turned.height * width / turned.width))))
    else:
        turned.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    if turned.mode in ("RGB", "L"):
        return turned.convert("RGB")
    flat = Image.new("RGB", turned.size, "white")
    rgba = turned.convert("RGBA")
    flat.paste(rgba, mask=rgba.getchannel("A"))
    return flat


def _eight_bits(picture: Image.Image) -> Image.Image:
    """A grey picture of 16 or 32 bits a point, its darkest point black and its lightest white where it is no 16-bit scale."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    numbers = picture.convert("F")
    low, high = cast("tuple[float, float]", numbers.getextrema())
    if picture.mode != "F" and low >= 0 and high <= 65_535:
        low, high = 0, 65_535 if high > 255 else 255
    scale = 255 / (high - low) if high > low else 0.0
    return numbers.point(lambda value: value * scale - low * scale).convert("L")


def _cut(picture: Image.Image) -> Iterator[Image.Image]:
    """A long picture in pieces of the shape of a page, each repeating a little of the one before."""
    if picture.height <= _LONG * picture.width:
        yield picture
        return
    height = max(round(picture.width * _A4_HEIGHT), _SCREEN_HEIGHT)  # a narrow one is not blown up
    step = height - max(1, height // 40)
    for top in range(0, max(1, picture.height - height + step), step):
        yield picture.crop((0, top, picture.width, min(top + height, picture.height)))


def as_pdf(pictures: Sequence[Image.Image]) -> bytes:
    """One page a picture, A4, without a date: the same pictures give the same bytes."""
    pages = []
    for picture in pictures:
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=85)
        pages.append(jpeg.getvalue())
    tall = sum(picture.height >= picture.width for picture in pictures) * 2 >= len(pictures)
    layout = img2pdf.get_layout_fun(pagesize=_A4 if tall else _A4[::-1], border=(28, 28), fit=img2pdf.FitMode.into)
    made: bytes = img2pdf.convert(pages, layout_fun=layout, nodate=True)
    return made
