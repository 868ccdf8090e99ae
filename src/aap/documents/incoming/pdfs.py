"""A PDF that somebody sent: readable by everybody, and nothing in it acts by itself.

What acts (JavaScript, programs started, forms sent, films) is taken out; the pages stay as they are. A file that needs nothing
of the kind is kept byte by byte, so that a signature in it stays valid.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

from aap.documents.incoming.incoming_file import RefusedFile

MOST_PAGES = 2_000
_LIGHT = 60_000  # bytes of a picture that nothing is gained from
_SCREEN_SIDE = 1_600  # pixels: 140 dots an inch on A4

ENCRYPTED = (
    "Ce PDF est protégé par un mot de passe\u00a0: le service ne pourrait pas le lire. Ouvrez-le, imprimez-le au format "
    "PDF sans protection, puis envoyez cette copie."
)
_DAMAGED = "Ce PDF est abîmé et ne peut pas être ouvert. Enregistrez-le à nouveau, ou imprimez-le en PDF."
_XFA = (
    "Ce PDF est un formulaire qui ne s’affiche que dans le logiciel qui l’a fait\u00a0: le service ne pourrait pas le lire. "
    "Ouvrez-le, imprimez-le au format PDF (« Imprimer », puis « Enregistrer au format PDF »), puis envoyez cette copie."
)
_CARRIES_FILES = (
    "Ce PDF contient d’autres fichiers, que le service ne verrait pas ({names}). Envoyez-les à part, au format PDF, et ce "
    "document sans eux."
)

_ACTING = frozenset({
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/Rendition", "/RichMediaExecute", "/Movie",
    "/Sound", "/GoToE", "/GoTo3DView", "/Trans",
})  # fmt: skip
"""Actions (ISO 32000-2, table 201) that do more than lead to a page or an address."""
_PLAYING = frozenset({"/RichMedia", "/3D", "/Movie", "/Sound", "/Screen"})
_HARMLESS_ATTACHMENTS = (".xml", ".txt", ".json")  # an electronic invoice carries its figures this way


def take_pdf(name: str, content: bytes) -> bytes:
    """The PDF as it is kept. Raises RefusedFile."""
    with _opened(name, content) as pdf:
        pages = len(pdf.pages)
        if pages == 0 or pages > MOST_PAGES:
            raise RefusedFile(
                name, f"Ce PDF compte {pages} pages\u00a0: il en faut au moins une, et {MOST_PAGES} au plus."
            )
        if _is_dynamic_form(pdf):
            raise RefusedFile(name, _XFA)
        carried = _carried_files(pdf)
        if carried:
            raise RefusedFile(name, _CARRIES_FILES.format(names=", ".join(carried[:3])))
        changed = _take_out_what_acts(pdf)
        if any("bad_alloc" in str(warning) for warning in pdf.get_warnings()):
            raise MemoryError  # a part that did not fit: the library goes on without it
        if not (changed or pdf.is_encrypted or not content.startswith(b"%PDF-")):
            return content
        return _saved(pdf)


def anonymous_pdf(content: bytes) -> bytes:
    """A copy without what names who made it: information, XMP, private data of programs, authors of notes."""
    with pikepdf.Pdf.open(io.BytesIO(content)) as pdf:
        if "/Info" in pdf.trailer:
            del pdf.trailer["/Info"]
        for held in _dictionaries(pdf):
            for key in ("/Metadata", "/PieceInfo", "/LastModified"):
                if key in held:
                    del held[key]
            if "/Subtype" in held and "/T" in held and "/Rect" in held and "/FT" not in held and "/Parent" not in held:
                del held["/T"]  # who wrote a note (12.5.6.2); of a form's field it is the name
        return _saved(pdf)


def lighter_pdf(content: bytes) -> bytes:
    """A copy whose large pictures are JPEGs of what a screen shows; texts and drawings stay as they are."""
    with pikepdf.Pdf.open(io.BytesIO(content)) as pdf:
        for held in pdf.objects:
            if isinstance(held, pikepdf.Stream) and held.get("/Subtype") == Name.Image:
                _lighten(held)
        pdf.remove_unreferenced_resources()
        return _saved(pdf)


def _lighten(picture: pikepdf.Stream) -> None:
    """One picture; one that is small, a mask, of two colours, or that can't be opened stays."""
    held = picture.read_raw_bytes()
    two_colours = int(picture.get("/BitsPerComponent", 1)) == 1
    if len(held) < _LIGHT or two_colours or any(key in picture for key in ("/ImageMask", "/Mask", "/Decode")):
        return
    try:
        with _as_seen(picture, held) as seen:
            grey = seen.mode in ("L", "LA")
            drawn = seen.convert("L" if grey else "RGB")
        drawn.thumbnail((_SCREEN_SIDE, _SCREEN_SIDE))
        made = io.BytesIO()
        drawn.save(made, "JPEG", quality=60)
    except MemoryError:
        raise
    except Exception:
        return
    if made.tell() >= len(held):
        return
    picture.write(made.getvalue(), filter=Name.DCTDecode)
    picture.Width, picture.Height, picture.BitsPerComponent = drawn.width, drawn.height, 8
    picture.ColorSpace = Name.DeviceGray if grey else Name.DeviceRGB


def _as_seen(picture: pikepdf.Stream, held: bytes) -> Image.Image:
    if picture.get("/Filter") == Name.DCTDecode:
        opened = Image.open(io.BytesIO(held))
        opened.draft(None, (_SCREEN_SIDE, _SCREEN_SIDE))  # a photo is read at the size that it is drawn at
        return opened
    return pikepdf.PdfImage(picture).as_pil_image()


def _opened(name: str, content: bytes) -> pikepdf.Pdf:
    try:
        return pikepdf.Pdf.open(io.BytesIO(content))
    except pikepdf.PasswordError as error:
        raise RefusedFile(name, ENCRYPTED) from error
    except (pikepdf.PdfError, ValueError, RecursionError) as error:
        raise RefusedFile(name, _DAMAGED) from error


def _saved(pdf: pikepdf.Pdf) -> bytes:
    made = io.BytesIO()
    pdf.save(made, encryption=False, deterministic_id=True, compress_streams=True)
    return made.getvalue()


def _is_dynamic_form(pdf: pikepdf.Pdf) -> bool:
    """A form whose pages are drawn by the program that opens it (XFA): elsewhere a page says « please wait »."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, Dictionary) or "/XFA" not in form:
        return False
    fields = form.get("/Fields")
    return bool(pdf.Root.get("/NeedsRendering", False)) or not isinstance(fields, Array) or len(fields) == 0


def _carried_files(pdf: pikepdf.Pdf) -> list[str]:
    """Names of files inside that no page shows, but for the figures of an invoice."""
    names = []
    for held in _dictionaries(pdf):
        if "/EF" in held and isinstance(held.get("/EF"), Dictionary):
            names.append(str(held.get("/UF", held.get("/F", "sans nom"))))
    found = sorted({name for name in names if not name.lower().endswith(_HARMLESS_ATTACHMENTS)})
    if not found and "/Collection" in pdf.Root:
        return ["porte-documents"]
    return found


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every dictionary of the file, those inside others and the dictionaries of streams too."""
    waiting: list[tuple[Any, int]] = [(one, 0) for one in pdf.objects]
    while waiting:
        held, depth = waiting.pop()
        if isinstance(held, Array):
            inner = list(held) if depth < 50 else []
        elif isinstance(held, (Dictionary, pikepdf.Stream)):
            yield held
            inner = [value for _key, value in held.items()] if depth < 50 else []
        else:
            continue
        # What is named by a reference has its own place in `objects`.
        waiting += [
            (value, depth + 1) for value in inner if isinstance(value, pikepdf.Object) and not value.is_indirect
        ]


def _acts(action: Any) -> bool:
    return isinstance(action, Dictionary) and ("/JS" in action or str(action.get("/S", "")) in _ACTING)


def _take_out_what_acts(pdf: pikepdf.Pdf) -> bool:
    """Whether anything was taken out."""
    changed = False
    for held in list(_dictionaries(pdf)):
        for key in ("/A", "/OpenAction", "/Next", "/PA"):
            value = held.get(key)
            several = isinstance(value, Array) and key == "/Next" and any(_acts(one) for one in value)
            if _acts(value) or several:
                del held[key]
                changed = True
        for key in ("/AA", "/JavaScript", "/XFA", "/Renditions"):
            if key in held:
                del held[key]
                changed = True
        if _acts(held):  # nothing leads to it any more; a reader that looks anyway finds nothing
            for key in ("/JS", "/F", "/Win", "/Mac", "/Unix"):
                if key in held:
                    del held[key]
            held["/S"] = Name("/Named")
            held["/N"] = Name("/None")
            changed = True
        notes = held.get("/Annots")
        if isinstance(notes, Array):
            kept = [
                note for note in notes if not (isinstance(note, Dictionary) and str(note.get("/Subtype")) in _PLAYING)
            ]
            if len(kept) != len(notes):
                held["/Annots"] = Array(kept)
                changed = True
    return changed
