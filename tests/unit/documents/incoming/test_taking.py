"""Files of strangers: what acts is taken out or refused, what is too heavy takes nothing down, what is kept can be read."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Sequence

import numpy as np
import openpyxl
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image

from aap.documents.incoming import apart
from aap.documents.incoming.incoming_file import TYPES, Family, IncomingFile, RefusedFile, TakenFile
from aap.documents.incoming.taking import blind_copy, take_files
from aap.documents.media_types import PDF

EVERY: tuple[Family, ...] = ("pdf", "image", "spreadsheet", "document")


def taken(name: str, content: bytes, accept: Sequence[Family] = EVERY) -> TakenFile:
    (file,) = take_files([IncomingFile(name, content)], accept, max_bytes=100_000_000)
    return file


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(RefusedFile) as refused:
        taken(name, content)
    return refused.value.message


def paper(change: Callable[[pikepdf.Pdf], None] = lambda pdf: None, **options: object) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        change(pdf)
        made = io.BytesIO()
        pdf.save(made, **options)
    return made.getvalue()


# --- PDF --------------------------------------------------------------------------------------------------------------


def on_opening(action: Dictionary) -> Callable[[pikepdf.Pdf], None]:
    return lambda pdf: pdf.Root.__setitem__("/OpenAction", pdf.make_indirect(action))


def in_a_note(action: Dictionary) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=action)
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(note)])

    return change


def named_script(pdf: pikepdf.Pdf) -> None:
    script = Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([pikepdf.String("a"), script])))


def of_a_page(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=pdf.make_stream(b"app.alert(1)")))


def film(pdf: pikepdf.Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name("/RichMedia"), Rect=[0, 0, 9, 9])
    pdf.pages[0].obj.Annots = Array([note])


def second_step(pdf: pikepdf.Pdf) -> None:
    launch = Dictionary(S=Name.Launch, F=pikepdf.String("cmd.exe"))
    leads = Dictionary(S=Name.URI, URI=pikepdf.String("https://example.org"), Next=Array([launch]))
    in_a_note(leads)(pdf)


ACTING = {
    "a script on opening": on_opening(Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)"))),
    "a program on opening": on_opening(Dictionary(S=Name.Launch, F=pikepdf.String("cmd.exe"))),
    "a program behind a link": in_a_note(Dictionary(S=Name.Launch, F=pikepdf.String("cmd.exe"))),
    "a form that is sent away": in_a_note(Dictionary(S=Name.SubmitForm, F=pikepdf.String("https://example.org"))),
    "a second step of a link": second_step,
    "a script with a name": named_script,
    "a script of a page": of_a_page,
    "a film": film,
}
TRACES = (b"JavaScript", b"/JS", b"Launch", b"SubmitForm", b"cmd.exe", b"RichMedia", b"/AA")


@pytest.mark.parametrize("case", ACTING)
def test_what_acts_in_a_pdf_is_taken_out_and_its_pages_stay(case: str) -> None:
    file = taken("statuts.pdf", paper(ACTING[case]))
    with pikepdf.open(io.BytesIO(file.content)) as pdf:
        assert len(pdf.pages) == 1
        plain = io.BytesIO()
        pdf.save(plain, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
    assert [trace for trace in TRACES if trace in plain.getvalue()] == []


def test_a_pdf_that_needs_no_change_is_kept_byte_by_byte() -> None:
    link = in_a_note(Dictionary(S=Name.URI, URI=pikepdf.String("https://example.org")))
    for content in (paper(), paper(link), paper(on_opening(Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]))))):
        assert taken("statuts.pdf", content) == TakenFile("statuts.pdf", PDF, content)


def test_a_pdf_that_opens_without_a_password_is_taken_and_opened_for_good() -> None:
    content = taken("statuts.pdf", paper(encryption=pikepdf.Encryption(owner="secret", user=""))).content
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert not pdf.is_encrypted
    locked = paper(encryption=pikepdf.Encryption(owner="secret", user="secret"))
    assert "protégé par un mot de passe" in refusal("statuts.pdf", locked)


def test_what_stands_before_a_pdf_is_cut_off() -> None:
    assert taken("statuts.pdf", b"\n" * 300 + paper()).content.startswith(b"%PDF-")


def carrying(name: str) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.attachments[name] = b"content"

    return change


def test_files_inside_a_pdf_are_asked_for_apart() -> None:
    assert "d’autres fichiers, que le service ne verrait pas (virus.exe)" in refusal(
        "a.pdf", paper(carrying("virus.exe"))
    )
    portfolio = paper(lambda pdf: pdf.Root.__setitem__("/Collection", Dictionary(Type=Name.Collection)))
    assert "Envoyez-les à part" in refusal("a.pdf", portfolio)
    invoice = paper(carrying("factur-x.xml"))
    assert taken("facture.pdf", invoice).content == invoice


def test_a_form_that_only_its_program_draws_is_refused_with_what_to_do() -> None:
    def form(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp/>"))

    assert "imprimez-le au format PDF" in refusal("cerfa.pdf", paper(form))


# --- office -----------------------------------------------------------------------------------------------------------


def archive(**entries: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def word(**entries: str | bytes) -> bytes:
    return archive(**{"[Content_Types].xml": "<Types/>", "word__document.xml": "<w:document/>"} | entries)


def sheet(**entries: str | bytes) -> bytes:
    return archive(**{"[Content_Types].xml": "<Types/>", "xl__workbook.xml": "<workbook/>"} | entries)


def open_text(**entries: str | bytes) -> bytes:
    return archive(**{"mimetype": TYPES["odt"][1], "content.xml": "<office:document-content/>"} | entries)


def relation(kind: str, target: str) -> str:
    return (
        '<Relationships><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        f'{kind}" Target="{target}" TargetMode="External"/></Relationships>'
    )


OFFICE = {
    "a macro": (word(word__vbaProject_bin=b"x"), "contient des macros"),
    "a control": (word(word__activeX__activeX1_bin=b"x"), "contient des macros"),
    "a sheet of macros of 1992": (sheet(xl__macrosheets__sheet1_xml="<x/>"), "contient des macros"),
    "an object of another program": (word(**{"word__embeddings__oleObject1.bin": b"x"}), "objet d’un autre programme"),
    "a workbook with macros inside": (
        word(**{"word__embeddings__a.xlsx": sheet(xl__vbaProject_bin=b"x")}), "objet d’un autre programme",
    ),
    "a template from elsewhere": (
        word(**{"word___rels__settings.xml.rels": relation("attachedTemplate", "https://example.org/a.dotm")}),
        "un modèle ailleurs",
    ),
    "a picture from elsewhere": (
        word(**{"word___rels__document.xml.rels": relation("image", "file://example.org/a.png")}), "un modèle ailleurs",
    ),
    "a field that starts a program": (
        word(**{"word__document.xml": "<w:instrText>DDEAUTO c:\\windows\\system32\\cmd.exe</w:instrText>"}),
        "va chercher des données",
    ),
    "a cell that starts a program": (
        sheet(**{"xl__worksheets__sheet1.xml": "<c><f>cmd|'/c calc'!A0</f><f>=cmd|'/c calc'!A0</f></c>"}),
        "va chercher des données",
    ),
    "a link to another program": (
        sheet(**{"xl__externalLinks__externalLink1.xml": '<externalLink><ddeLink ddeService="cmd"/></externalLink>'}),
        "va chercher des données",
    ),
    "data from elsewhere": (sheet(**{"xl__connections.xml": "<connections/>"}), "va chercher des données"),
    "a macro of OpenDocument": (open_text(Basic__Standard__a_xml="<x/>"), "contient des macros"),
    "a script of OpenDocument": (open_text(Scripts__python__a_py="x"), "contient des macros"),
    "an event of OpenDocument": (
        open_text(**{"content.xml": '<a><script:event-listener script:language="ooo:script"/></a>'}), "contient des macros",
    ),
    "a section from elsewhere": (
        open_text(**{"content.xml": '<text:section-source xlink:href="https://example.org/a.odt"/>'}),
        "va chercher des données",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OFFICE)
def test_an_office_file_that_acts_is_refused_with_what_to_do(case: str) -> None:
    content, why = OFFICE[case]
    message = refusal("budget.docx", content.replace(b"vbaProject_bin", b"vbaProject.bin"))
    assert why in message
    assert "PDF" in message


def test_an_office_file_with_links_and_a_chart_is_kept_byte_by_byte() -> None:
    workbook = io.BytesIO()
    openpyxl.Workbook().save(workbook)
    content = word(**{
        "word___rels__document.xml.rels": relation("hyperlink", "https://example.org"),
        "word__embeddings__Feuille.xlsx": workbook.getvalue(),
        "word__document.xml": "<w:t>Notre projet DDE, =cmd, et l’adresse file://partage</w:t>",
    })  # fmt: skip
    assert taken("projet.docx", content) == TakenFile("projet.docx", TYPES["docx"][1], content)
    assert taken("budget.xlsx", workbook.getvalue()).content == workbook.getvalue()


# --- pictures ---------------------------------------------------------------------------------------------------------


def picture(image: Image.Image, kind: str, **options: object) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def pages(file: TakenFile) -> list[Image.Image]:
    with pikepdf.open(io.BytesIO(file.content)) as pdf:
        found = [pikepdf.PdfImage(next(iter(page.get_images().values()))) for page in pdf.pages]
        return [one.as_pil_image().convert("L") for one in found]


def shade(image: Image.Image) -> int:
    return int(np.asarray(image).mean().round())


def test_every_page_of_a_scan_is_kept() -> None:
    scan = [Image.new("1", (400, 560), 1), Image.new("1", (400, 560), 0), Image.new("1", (400, 560), 1)]
    content = picture(scan[0], "TIFF", save_all=True, append_images=scan[1:], compression="group4")
    assert [shade(page) for page in pages(taken("statuts.tif", content))] == [255, 0, 255]


@pytest.mark.parametrize(
    ("grey", "seen"),
    [
        (np.full((300, 300), 40_000, dtype=np.uint16), 156),
        (np.full((300, 300), 200, dtype=np.int32), 200),
        (np.tile(np.linspace(0.0, 1.0, 300, dtype=np.float32), (300, 1)), 128),
    ],
    ids=["16 bits", "32 bits", "real numbers"],
)
def test_a_grey_picture_of_many_bits_stays_grey(grey: np.ndarray, seen: int) -> None:
    kind = "PNG" if grey.dtype == np.uint16 else "TIFF"
    (page,) = pages(taken("scan.png", picture(Image.fromarray(grey), kind)))
    assert abs(shade(page) - seen) <= 1


def test_a_long_picture_is_cut_over_pages_that_can_be_read() -> None:
    image = Image.new("RGB", (300, 9_000), "white")
    image.paste("black", (0, 4_500, 300, 9_000))
    found = pages(taken("ecran.png", picture(image, "PNG")))
    assert {page.width for page in found} == {300}
    assert all(page.height <= 1_000 for page in found)
    assert sum(page.height for page in found) >= 9_000
    assert [shade(found[0]), shade(found[-1])] == [255, 0]


def test_a_moving_picture_is_refused() -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("white", "black")]
    content = picture(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert "animée" in refusal("a.gif", content)


# --- what is too heavy ------------------------------------------------------------------------------------------------


def swelling_pdf() -> bytes:
    """An object stream of 900 MB that weighs 900 kB."""
    import zlib

    packer = zlib.compressobj(9)
    block = b" " * 10_000_000
    packed = packer.compress(b"5 0 << >> ") + b"".join(packer.compress(block) for _ in range(90)) + packer.flush()
    objects = [
        b"1 0 obj\n<</Type/Catalog/Pages 2 0 R/X 5 0 R>>\nendobj\n",
        b"2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>\nendobj\n",
        b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n",
        b"4 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
        + packed
        + b"\nendstream\nendobj\n",
    ]
    out, offsets = bytearray(b"%PDF-1.5\n"), []
    for one in objects:
        offsets.append(len(out))
        out += one
    place = len(out)
    rows = [b"\0\0\0\0\0\0"] + [b"\1" + at.to_bytes(4, "big") + b"\0" for at in offsets]
    rows += [b"\2" + (4).to_bytes(4, "big") + b"\0", b"\1" + place.to_bytes(4, "big") + b"\0"]
    table = b"".join(rows)
    out += b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Length %d>>stream\n" % len(table) + table
    out += b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % place
    return bytes(out)


HEAVY = {
    "a PDF that swells": lambda: ("a.pdf", swelling_pdf()),
    "a picture of 100 million points": lambda: ("a.png", picture(Image.new("1", (10_000, 10_000)), "PNG")),
    "a picture of 400 million points": lambda: ("a.png", picture(Image.new("1", (20_000, 20_000)), "PNG")),
}


@pytest.mark.parametrize("case", HEAVY)
def test_a_file_that_swells_is_refused_and_takes_nothing_down(case: str) -> None:
    name, content = HEAVY[case]()
    assert len(content) < 2_000_000
    assert "PDF" in refusal(name, content)
    assert taken("statuts.pdf", paper()).content_type == PDF


def test_a_file_that_never_ends_to_open_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    apart.stop()
    monkeypatch.setattr(apart, "PATIENCE", 2)
    assert taken("a.pdf", paper()).content_type == PDF
    assert apart._server is not None
    server = apart._server[1]
    os.kill(server.pid, signal.SIGSTOP)
    started = time.monotonic()
    try:
        assert "demande trop de mémoire ou de temps" in refusal("a.pdf", paper())
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert time.monotonic() - started < 20


def test_the_process_that_opens_files_is_started_again_when_it_died() -> None:
    taken("a.pdf", paper())
    assert apart._server is not None
    apart._server[1].kill()
    apart._server[1].wait()
    assert taken("a.pdf", paper()).content_type == PDF


def test_the_process_that_opens_files_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AAP_SECRET_KEY", "canary-of-the-secret-key")
    apart.stop()
    taken("a.pdf", paper())
    assert apart._server is not None
    pid = apart._server[1].pid
    with open(f"/proc/{pid}/environ", "rb") as environment:
        assert b"canary" not in environment.read()
    apart.stop()


def test_many_at_once_are_all_answered() -> None:
    answers: list[str] = []

    def send(number: int) -> None:
        answers.append(taken(f"{number}.pdf", paper()).name)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(f"{number}.pdf" for number in range(12))


def test_the_process_that_opens_files_ends_with_the_one_that_asked() -> None:
    script = (
        "from tests.unit.documents.incoming.test_taking import *\n"
        "taken('a.pdf', paper()); print(apart._server[1].pid, flush=True); os._exit(1)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    pid = int(run.stdout)
    for _ in range(100):
        try:
            with open(f"/proc/{pid}/stat") as state:
                if state.read().rpartition(") ")[2].startswith("Z"):
                    return
        except FileNotFoundError:
            return
        time.sleep(0.1)
    raise AssertionError("still there")


# --- who must not know the author -------------------------------------------------------------------------------------

CANARY = "Association Canari"


def test_a_blind_copy_names_nobody() -> None:
    def sign(pdf: pikepdf.Pdf) -> None:
        pdf.docinfo["/Author"] = CANARY
        with pdf.open_metadata() as about:
            about["dc:creator"] = [CANARY]
        pdf.Root.PieceInfo = Dictionary(Prog=Dictionary(Private=pikepdf.String(CANARY)))
        note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], T=pikepdf.String(CANARY))
        pdf.pages[0].obj.Annots = Array([note])

    text = word(**{
        "docProps__core.xml": f"<cp:coreProperties><dc:creator>{CANARY}</dc:creator></cp:coreProperties>",
        "docProps__app.xml": f"<Properties><Company>{CANARY}</Company></Properties>",
        "word__comments.xml": f'<w:comment w:id="1" w:author="{CANARY}" w:initials="AC"><w:t>Bien</w:t></w:comment>',
    })  # fmt: skip
    odt = open_text(**{
        "meta.xml": f"<meta:initial-creator>{CANARY}</meta:initial-creator>",
        "content.xml": f"<office:annotation><dc:creator>{CANARY}</dc:creator><text:p>Bien</text:p></office:annotation>",
    })  # fmt: skip
    for file in (
        TakenFile("a.pdf", PDF, paper(sign)), TakenFile("a.docx", TYPES["docx"][1], text),
        TakenFile("a.odt", TYPES["odt"][1], odt),
    ):  # fmt: skip
        copy = blind_copy(file)
        assert readable(file.content).count(CANARY.encode()) > 0
        assert CANARY.encode() not in readable(copy)
        assert recognised(copy) == recognised(file.content)
        assert copy == blind_copy(file)
    assert b"Bien" in readable(blind_copy(TakenFile("a.docx", TYPES["docx"][1], text)))


def recognised(content: bytes) -> str:
    return taken("a", content).content_type


def readable(content: bytes) -> bytes:
    """Everything that stands in a file, unpacked."""
    if content.startswith(b"%PDF-"):
        with pikepdf.open(io.BytesIO(content)) as pdf:
            plain = io.BytesIO()
            pdf.save(
                plain, object_stream_mode=pikepdf.ObjectStreamMode.disable,
                stream_decode_level=pikepdf.StreamDecodeLevel.all, compress_streams=False,
            )  # fmt: skip
        return plain.getvalue()
    with zipfile.ZipFile(io.BytesIO(content)) as held:
        return b"\n".join(held.read(name) for name in held.namelist())


# --- weight -----------------------------------------------------------------------------------------------------------


def noise(side: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (side, side, 3), dtype=np.uint8))


def heavy_scan() -> bytes:
    """A PDF of one page, a picture that nothing was gained from yet."""
    made = io.BytesIO()
    noise(2_400).save(made, "PDF", quality=95)
    return made.getvalue()


def test_a_pdf_that_is_too_heavy_is_made_lighter_where_its_sender_asks() -> None:
    sent = [IncomingFile("bilan.pdf", heavy_scan())]
    most = len(sent[0].content) // 2
    with pytest.raises(RefusedFile, match="Ce fichier dépasse"):
        take_files(sent, EVERY, max_bytes=most)
    (lighter,) = take_files(sent, EVERY, max_bytes=most, reduce=True)
    assert len(lighter.content) <= most
    with pikepdf.open(io.BytesIO(lighter.content)) as pdf:
        (picture,) = [pikepdf.PdfImage(one) for one in pdf.pages[0].get_images().values()]
        assert (picture.width, picture.height, picture.mode) == (1_600, 1_600, "RGB")
        assert picture.as_pil_image().getextrema()[0][1] > 200
    with pytest.raises(RefusedFile, match="Même réduit, ce fichier dépasse"):
        take_files(sent, EVERY, max_bytes=100_000, reduce=True)
    assert take_files(sent, EVERY, max_bytes=most * 3, reduce=True)[0].content == sent[0].content


def test_a_photo_is_weighed_as_it_is_kept() -> None:
    photo = io.BytesIO()
    noise(2_000).save(photo, "PNG")
    most = photo.tell() // 2
    (kept,) = take_files([IncomingFile("photo.png", photo.getvalue())], EVERY, max_bytes=most)
    assert (kept.content_type, len(kept.content) <= most) == (PDF, True)
    with pytest.raises(RefusedFile, match="Ce fichier dépasse"):
        take_files([IncomingFile("photo.png", photo.getvalue())], EVERY, max_bytes=100_000)
