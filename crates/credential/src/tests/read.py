"""Prints what pdfium, which browsers have, and a decoder of codes see on each page of a document, as JSON."""

import ctypes, json, sys

import pypdfium2
import pypdfium2.raw as raw
import zxingcpp


def string(call, element):
    length = call(element, None, 0)
    buffer = ctypes.create_string_buffer(length)
    call(element, buffer, length)
    return buffer.raw.decode("utf-16-le").rstrip("\0")


def roles(element):
    found = [string(raw.FPDF_StructElement_GetType, element)]
    for at in range(raw.FPDF_StructElement_CountChildren(element)):
        child = raw.FPDF_StructElement_GetChildAtIndex(element, at)
        if child:
            found += roles(child)
    return found


def tree(page):
    tree = raw.FPDF_StructTree_GetForPage(page)
    tops = range(raw.FPDF_StructTree_CountChildren(tree))
    return [role for at in tops for role in roles(raw.FPDF_StructTree_GetChildAtIndex(tree, at))]


def links(document, page):
    found, at, link = [], ctypes.c_int(0), raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page, at, link):
        action = raw.FPDFLink_GetAction(link)
        length = raw.FPDFAction_GetURIPath(document, action, None, 0)
        buffer = ctypes.create_string_buffer(length)
        raw.FPDFAction_GetURIPath(document, action, buffer, length)
        found.append(buffer.value.decode())
    return found


document = pypdfium2.PdfDocument(sys.argv[1])
pages = []
for page in document:
    picture = page.render(scale=2, grayscale=True).to_pil()
    ink = picture.point(lambda shade: 255 if shade < 128 else 0).crop((0, 30, *picture.size)).getbbox()
    pages.append({
        "text": page.get_textpage().get_text_range(),
        "codes": [code.text for code in zxingcpp.read_barcodes(picture)],
        "links": links(document, page),
        "roles": tree(page),
        "ink": [ink[0] / 2, ink[2] / 2],
    })
json.dump(pages, sys.stdout)
