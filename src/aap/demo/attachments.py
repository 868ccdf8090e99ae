"""The files of a dossier: small real PDFs, written directly (a page and two fonts each), the same bytes every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aap.core.french import euros
from aap.demo.dossiers import DemoDossier
from aap.demo.places import place_name

_WIDTH = 92  # characters of a line in 10-point Helvetica


@dataclass(frozen=True, slots=True)
class DemoFile:
    """A file for the question `question` of `mentorat-2025`."""

    question: str
    name: str
    content: bytes


def attachments(dossier: DemoDossier) -> tuple[DemoFile, ...]:
    """Statutes, officers, accounts, activity report and bank details of one dossier."""
    association = dossier.association
    officers = [f"{officer.capacity} : {officer.person.name}" for officer in association.officers]
    seat = f"{association.address}, {association.postal_code} {place_name(association.commune.name)}"
    income, charges = dossier.association_budget.products, dossier.association_budget.charges
    texts = {
        "statuts": ("Statuts", [
            f"Article 1. Il est fondé une association régie par la loi du 1er juillet 1901, nommée « {association.name} ».",
            f"Article 2. {association.purpose}",
            f"Article 3. Le siège est fixé au {seat}.",
            "Article 4. L’association se compose de membres actifs et de membres bienfaiteurs.",
            "Article 5. Elle est administrée par un conseil élu pour trois ans par l’assemblée générale.",
            "Article 6. L’assemblée générale se réunit une fois par an et approuve les comptes.",
            "Article 7. En cas de dissolution, l’actif est remis à une association de même objet.",
            f"Adoptés en assemblée générale le {association.created_on:%d/%m/%Y}. Signé : {association.representative.person.name}.",
        ]),
        "dirigeants": ("Personnes chargées de l’administration", officers),
        "comptes": ("Compte de résultat de l’exercice 2024", [
            f"Produits d’exploitation : {euros(income * 96 // 100)}",
            f"Charges d’exploitation : {euros(charges * 95 // 100)}",
            f"Résultat de l’exercice : {euros(income * 96 // 100 - charges * 95 // 100)}",
            f"Disponibilités au 31 décembre 2024 : {euros(income * 18 // 100)}",
            f"Fonds propres : {euros(income * 27 // 100)}",
            "Comptes provisoires, soumis à l’assemblée générale de juin 2025.",
        ]),
        "rapport-activite": ("Rapport d’activité 2024", [
            str(dossier.answers["presentation"]),
            f"{dossier.facts['anciens']} binômes formés depuis l’origine, {dossier.facts['mentors']} mentors actifs.",
            str(dossier.answers["mentors"]),
        ]),
        "rib": ("Relevé d’identité bancaire", [
            f"Titulaire : {association.name}",
            f"Adresse : {seat}",
            f"IBAN : {' '.join(association.iban[i : i + 4] for i in range(0, len(association.iban), 4))}",
            "Banque fictive de démonstration",
        ]),
    }  # fmt: skip
    slug = association.key
    return tuple(
        DemoFile(question, f"{question}-{slug}.pdf", pdf_page(f"{association.name} – {title}", lines))
        for question, (title, lines) in texts.items()
    )


def pdf_page(title: str, paragraphs: Sequence[str]) -> bytes:
    """A one-page A4 PDF 1.4 with a title and paragraphs (what is beyond the page is dropped).

    Written object by object (ISO 32000-1, 7.5) with the standard font Helvetica, so that 1,200 files take no time.
    """
    lines = [line for paragraph in paragraphs for line in [*_wrapped(paragraph), ""]]
    drawn = ["BT /F2 15 Tf 60 780 Td 20 TL"]
    drawn += [f"({_escaped(line)}) Tj T*" for line in _wrapped(title, 60)]
    drawn += ["/F1 10 Tf 14 TL T*"]
    drawn += [f"({_escaped(line)}) Tj T*" for line in lines[:46]]
    drawn += ["ET BT /F1 8 Tf 60 40 Td (Document fictif de d\\351monstration) Tj ET"]
    stream = "\n".join(drawn).encode("cp1252", errors="replace")
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        font.format("Helvetica").encode(),
        font.format("Helvetica-Bold").encode(),
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _wrapped(text: str, width: int = _WIDTH) -> list[str]:
    lines, line = [], ""
    for word in text.replace("\u202f", "\u00a0").split(" "):
        joined = f"{line} {word}".strip().replace("\n", " ")
        if len(joined) > width and line:
            lines.append(line)
            line = word
        else:
            line = joined
    return [*lines, line]


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
