"""Makes the pictures of this folder and what Pillow says of them.

    /usr/bin/python3 test/images/make_images.py

Needs Debian 12's python3-pil 9.4.0, python3-numpy and imagemagick; from the repository's root. Writes

    <name>.png                 PNGs of every kind, by the small writer below (Pillow cannot make most of them)
    <name>.jpg                 JPEGs, by Pillow; those called ycck by ImageMagick's `convert`
    <name>.webp                WebP, by Pillow
    expected/<name>.ppm        the pixels: decoded, upright, on white
    expected/<name>.to32.ppm   the notebook's preprocessing of it at 32 pixels
    expected/lanczos-WxH.ppm   rgb8.png resized by Image.LANCZOS

The pixels come from docs/pictures/astronaut.png (NASA, public domain) and from formulas. All pixels are Pillow's,
except for 16 bits a sample, where Pillow drops the low byte or clips: there they are round(v / 257), by numpy.
"""
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).parent
EXPECTED = HERE / "expected"
WIDTH, HEIGHT = 61, 47
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack_row(row, depth):
    """One row of samples as bytes: big-endian for 16 bits, several to a byte below 8."""
    if depth == 16:
        return row.astype(">u2").tobytes()
    if depth == 8:
        return row.astype(np.uint8).tobytes()
    bits = ((row[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8)
    return np.packbits(bits.reshape(-1)).tobytes()


def filter_row(kind, row, above, step):
    """PNG's filters 0 to 4, so that a decoder has to undo each of them."""
    now, up = np.frombuffer(row, np.uint8).astype(int), np.frombuffer(above, np.uint8).astype(int)
    left = np.concatenate([np.zeros(step, int), now])[: len(now)]
    corner = np.concatenate([np.zeros(step, int), up])[: len(up)]
    guess = left + up - corner
    near = [abs(guess - left), abs(guess - up), abs(guess - corner)]
    paeth = np.where((near[0] <= near[1]) & (near[0] <= near[2]), left, np.where(near[1] <= near[2], up, corner))
    return bytes([kind]) + ((now - [0, left, up, (left + up) // 2, paeth][kind]) % 256).astype(np.uint8).tobytes()


def pack_pixels(samples, depth):
    """Filtered rows of `samples`, [H, W, channels]."""
    step = max(1, samples.shape[2] * depth // 8)
    rows = [pack_row(row.reshape(-1), depth) for row in samples]
    above = [bytes(len(rows[0]))] + rows
    return b"".join(filter_row(y % 5, row, above[y], step) for y, row in enumerate(rows))


def write_png(name, samples, depth, colour, extra=b"", interlaced=False):
    samples = samples.reshape(*samples.shape[:2], -1)
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in PASSES] if interlaced else [samples]
    data = zlib.compress(b"".join(pack_pixels(part, depth) for part in parts if part.size), 9)
    head = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], depth, colour, 0, 0, int(interlaced))
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    (HERE / f"{name}.png").write_bytes(file)


def on_white(image):
    """As people do it with Pillow: paste with the alpha channel as mask."""
    if "transparency" in image.info or image.mode in ("LA", "RGBA"):
        image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image.getchannel("A"))
        return paper
    return image.convert("RGB")


def prepare(image, target):
    """The notebook's preprocessing: shorter side to `target`, then torchvision's centre crop."""
    scale = target / min(image.size)
    size = (round(scale * image.size[0]), round(scale * image.size[1]))
    image = image.resize(size, Image.LANCZOS)
    left, top = round((size[0] - target) / 2), round((size[1] - target) / 2)
    return image.crop((left, top, left + target, top + target))


def expect(name, image):
    image.save(EXPECTED / f"{name}.ppm")
    prepare(image, 32).save(EXPECTED / f"{name}.to32.ppm")


def scale_to_bytes(samples):
    return np.floor(samples / 257 + 0.5).astype(int)


def make_pngs(photo):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    alpha = (x * 255 // (WIDTH - 1))[..., None]
    grey = photo.mean(axis=2).astype(int)
    colours = np.array([[(i * 37) % 256, (i * 91) % 256, (i * 151) % 256] for i in range(256)], np.uint8)
    palette = chunk(b"PLTE", colours.tobytes())
    key = photo[20, 30]
    ordinary = {
        "rgb8": (photo, 8, RGB),
        "rgba8": (np.concatenate([photo, alpha], 2), 8, RGBA),
        "rgb8-key": (photo, 8, RGB, chunk(b"tRNS", struct.pack(">3H", *key))),
        "rgb8-interlaced": (photo, 8, RGB, b"", True),
        "grey8": (grey, 8, GREY),
        "grey8-alpha": (np.stack([grey, alpha[..., 0]], 2), 8, GREY_ALPHA),
        "grey4": (grey >> 4, 4, GREY),
        "grey1-interlaced": (grey >> 7, 1, GREY, b"", True),
        "palette8": (grey, 8, PALETTE, palette),
        "palette2-alpha": (
            grey >> 6, 2, PALETTE, chunk(b"PLTE", colours[:4].tobytes()) + chunk(b"tRNS", bytes([0, 90, 200])),
        ),
        "grey2": (grey >> 6, 2, GREY),
    }
    for name, made in ordinary.items():
        write_png(name, *made)
        expect(name, on_white(Image.open(HERE / f"{name}.png")))
    make_deep_pngs(photo * 257 - (x * y % 200)[..., None] * (photo > 0), alpha * 257)


def make_deep_pngs(deep, alpha):
    """16 bits a sample, where the truth is arithmetic and not Pillow."""
    write_png("grey16", deep[..., 0], 16, GREY)
    expect("grey16", Image.fromarray(scale_to_bytes(deep[..., :1].repeat(3, 2)).astype(np.uint8)))
    write_png("rgb16", deep, 16, RGB)
    expect("rgb16", Image.fromarray(scale_to_bytes(deep).astype(np.uint8)))
    write_png("rgba16", np.concatenate([deep, alpha], 2), 16, RGBA, b"", True)
    rgba = np.concatenate([scale_to_bytes(deep), scale_to_bytes(alpha)], 2).astype(np.uint8)
    expect("rgba16", on_white(Image.fromarray(rgba, "RGBA")))


def make_jpegs(photo):
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = HERE / f"orientation-{orientation}.jpg"
        photo.save(path, quality=85, exif=exif)
        ImageOps.exif_transpose(Image.open(path)).convert("RGB").save(EXPECTED / f"orientation-{orientation}.ppm")
    kinds = {
        "progressive": (photo, {"progressive": True, "subsampling": 2}),
        "full-chroma": (photo, {"subsampling": 0}),
        "grey": (photo.convert("L"), {}),
    }
    for name, (image, options) in kinds.items():
        image.save(HERE / f"{name}.jpg", quality=85, **options)
        expect(name, Image.open(HERE / f"{name}.jpg").convert("RGB"))
    make_cmyk(photo.convert("CMYK"))


def make_cmyk(photo):
    """Four colours: stored inverted by Pillow, as YCCK by ImageMagick."""
    photo.save(HERE / "cmyk.jpg", quality=50)
    photo.save(HERE / "cmyk-progressive.jpg", quality=85, progressive=True)
    photo.save(HERE / "cmyk-subsampled.jpg", quality=85, subsampling=2)
    with tempfile.TemporaryDirectory() as folder:
        tiff = f"{folder}/photo.tif"
        photo.save(tiff)
        subprocess.run(["convert", tiff, "-quality", "85", HERE / "ycck.jpg"], check=True)
        options = ["-quality", "85", "-sampling-factor", "2x2", "-interlace", "JPEG"]
        subprocess.run(["convert", tiff, *options, HERE / "ycck-progressive.jpg"], check=True)
    for name in ["cmyk", "cmyk-progressive", "cmyk-subsampled", "ycck", "ycck-progressive"]:
        Image.open(HERE / f"{name}.jpg").convert("RGB").save(EXPECTED / f"{name}.ppm")


def make_webps(photo):
    alpha = Image.open(HERE / "rgba8.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    kinds = {
        "lossy": (photo, {"quality": 80}),
        "lossless": (photo, {"lossless": True}),
        "lossy-alpha": (alpha, {"quality": 80}),
        "lossless-alpha": (alpha, {"lossless": True}),
        "orientation-6": (photo, {"quality": 80, "exif": exif}),
        "animated": (
            alpha, {"quality": 80, "save_all": True, "append_images": [alpha.transpose(Image.FLIP_LEFT_RIGHT)]},
        ),
    }
    for name, (image, options) in kinds.items():
        path = HERE / f"{name}.webp"
        image.save(path, **options)
        suffix = "-webp" if name == "orientation-6" else ""
        on_white(ImageOps.exif_transpose(Image.open(path))).save(EXPECTED / f"{name}{suffix}.ppm")


def main():
    EXPECTED.mkdir(exist_ok=True)
    astronaut = Image.open(HERE / "../../docs/pictures/astronaut.png").convert("RGB")
    photo = astronaut.crop((150, 20, 394, 208)).resize((WIDTH, HEIGHT), Image.BOX)
    make_pngs(np.asarray(photo).astype(int))
    make_jpegs(photo)
    make_webps(photo)
    source = Image.open(HERE / "rgb8.png")
    for size in [(23, 17), (128, 96), (61, 20), (20, 47), (150, 9), (1, 1), (61, 47)]:
        source.resize(size, Image.LANCZOS).save(EXPECTED / f"lanczos-{size[0]}x{size[1]}.ppm")
    prepare(astronaut, 96).save(EXPECTED / "astronaut.to96.ppm")


main()
