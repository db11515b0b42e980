"""Writes the files that bad_input.sh reads: make_bad_files.py FOLDER MODEL."""

import os
import struct
import sys

from reportlab.lib.pagesizes import A5
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

folder, model = sys.argv[1:3]


def path(name):
    return os.path.join(folder, name)


def write(name, content):
    with open(path(name), "wb") as file:
        file.write(content)


def pdf(name, pages, encryption=None):
    canvas = Canvas(path(name), pagesize=A5, encrypt=encryption)
    for page in range(1, pages + 1):
        for line in range(20):
            canvas.drawString(40, 540 - 20 * line, f"On page {page} the harbour master wrote line {line} of his log.")
        canvas.showPage()
    canvas.save()


def sentences(count):
    return "".join(
        f"On day {day} the harbour master counted {day * 7 % 31} boats and {day * 11 % 53} gulls near pier {day % 9}. "
        + ("\n\n" if day % 5 == 0 else "")
        for day in range(1, count + 1)
    )


write("good.txt", sentences(60).encode())
write("long.txt", sentences(120).encode())
write("huge.txt", sentences(60000).encode())
write("empty.txt", b"")
write("empty.pdf", b"")
write("blank.txt", b" \n\t\n  \n")
write("renamed.pdf", sentences(20).encode())
write("binary.txt", bytes(range(256)) * 64)
pdf("whole.pdf", 6)
with open(path("whole.pdf"), "rb") as file:
    whole = file.read()
write("truncated.pdf", whole[: len(whole) // 2])
write("header-only.pdf", b"%PDF-1.4\n")
pdf("locked.pdf", 2, StandardEncryption("open sesame", "owner", strength=128))
write("password", b"open sesame\n")
write("wrong-password", b"open barley\n")
write(
    "no-pages.pdf",
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000053 00000 n \n"
    b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n99\n%%EOF\n",
)
os.mkdir(path("folder"))
os.mkfifo(path("fifo"))
with open(model, "rb") as file:
    weights = file.read()
write("half.gguf", weights[: len(weights) // 2])
# The value of general.architecture, a string with its length before it.
write("family.gguf", weights.replace(struct.pack("<Q", 5) + b"llama", struct.pack("<Q", 5) + b"mamba", 1))
write("empty.gguf", b"")
write("text.gguf", sentences(5).encode())
