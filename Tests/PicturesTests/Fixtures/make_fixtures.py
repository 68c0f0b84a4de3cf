"""Makes the files beside this script. Needs Pillow, NumPy and TurboJPEG's shared library.

NAME.rgb holds the RGB pixels that Pillow decodes from NAME.jpg; exif-N.jpg show the scene itself.
resize-FROM-TO.rgb is what Pillow's antialiased bilinear filter makes of noise. The tests compute
the scene and the noise for themselves.
"""

import ctypes
import ctypes.util
import pathlib

import numpy
from PIL import Image

FOLDER = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 40, 24


def scene():
    """Soft colours without symmetry, so that a turned or mirrored result is seen."""
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    red = 40 + 5 * x
    green = 230 - 7 * y
    blue = 60 + 2 * x + 4 * y
    return Image.fromarray(numpy.stack([red, green, blue], -1).astype(numpy.uint8))


def noise(width, height):
    """The worst case for a resampling filter; the tests have the same formula."""
    index = numpy.arange(width * height * 3, dtype=numpy.uint64)
    mixed = (index * numpy.uint64(2654435761)) % numpy.uint64(1 << 32)
    return Image.fromarray((mixed >> numpy.uint64(24)).astype(numpy.uint8).reshape(height, width, 3))


def expect(name):
    """Writes what Pillow sees in a file."""
    picture = Image.open(FOLDER / f"{name}.jpg").convert("RGB")
    (FOLDER / f"{name}.rgb").write_bytes(picture.tobytes())


def save(name, picture, **options):
    picture.save(FOLDER / f"{name}.jpg", **({"quality": 90} | options))
    expect(name)


def without_adobe_segment(file):
    """Cuts APP14 out, so that nothing says that the inks are stored inverted."""
    start = file.index(b"\xff\xee")
    length = int.from_bytes(file[start + 2 : start + 4], "big")
    return file[:start] + file[start + 2 + length :]


def ycck(picture):
    """Encodes inverted inks as YCCK, as Photoshop does; Pillow writes plain CMYK only."""
    turbo = ctypes.CDLL(ctypes.util.find_library("turbojpeg"))
    turbo.tjInitCompress.restype = ctypes.c_void_p
    inks = 255 - numpy.array(picture.convert("CMYK"))
    buffer, size = ctypes.c_void_p(), ctypes.c_ulong()
    pixel_format_cmyk, subsampling_444, quality = 11, 0, 90
    status = turbo.tjCompress2(
        ctypes.c_void_p(turbo.tjInitCompress()), inks.ctypes.data_as(ctypes.c_void_p),
        WIDTH, 0, HEIGHT, pixel_format_cmyk, ctypes.byref(buffer), ctypes.byref(size),
        subsampling_444, quality, 0)
    assert status == 0
    return ctypes.string_at(buffer, size.value)


def inks_with_black():
    """CMYK whose black channel matters, which Pillow's own conversion leaves empty."""
    inks = numpy.array(scene().convert("CMYK"))
    inks[..., 3] = numpy.mgrid[0:HEIGHT, 0:WIDTH][1] * 4
    return Image.fromarray(inks, "CMYK")


save("baseline-444", scene(), subsampling="4:4:4")
save("baseline-422", scene(), subsampling="4:2:2")
save("baseline-420", scene(), subsampling="4:2:0")
save("progressive", scene(), progressive=True)
save("restart-markers", scene(), restart_marker_rows=1)
save("rgb", scene(), keep_rgb=True)
save("grey", scene().convert("L"))
save("cmyk", inks_with_black())

(FOLDER / "ycck.jpg").write_bytes(ycck(inks_with_black()))
expect("ycck")

plain = 255 - numpy.array(inks_with_black())
Image.fromarray(plain, "CMYK").save(FOLDER / "cmyk-plain.jpg", quality=90)
file = without_adobe_segment((FOLDER / "cmyk-plain.jpg").read_bytes())
(FOLDER / "cmyk-plain.jpg").write_bytes(file)
# Pillow inverts these too; right is what it makes of cmyk.jpg, which has the same inks.

# The transposition that turns the scene into what a camera held this way would have stored.
STORED_AS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif[0x0112] = orientation
    if orientation % 2 == 0:
        exif.endian = ">"
    stored = scene()
    if orientation in STORED_AS:
        stored = stored.transpose(STORED_AS[orientation])
    stored.save(FOLDER / f"exif-{orientation}.jpg", quality=95, subsampling="4:4:4", exif=exif)

for before, after in [
    ((53, 37), (16, 16)), ((53, 37), (29, 31)), ((53, 37), (53, 10)), ((53, 37), (20, 40)),
    ((9, 7), (25, 17)),
]:
    resized = noise(*before).resize(after, Image.Resampling.BILINEAR)
    name = "resize-{}x{}-{}x{}.rgb".format(*before, *after)
    (FOLDER / name).write_bytes(resized.tobytes())
