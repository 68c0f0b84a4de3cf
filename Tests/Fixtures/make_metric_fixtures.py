"""Makes metrics.json: what metrics of generated pictures should find, by numpy alone.

Written from the papers and from what is known of PGGAN's protocol, in float64 and without regard to
speed: patches are cut one by one, blurs are sums over windows, and distances are loops where loops
read better. The random numbers are gan-dist's own (Philox4x32-10), so that both look at the same
patches along the same directions.

    python3 make_metric_fixtures.py > metrics.json      # needs numpy
"""

import json

import numpy as np

IMAGE_COUNT, IMAGE_SIZE, SEED = 9, 64, 2**33 + 5
PATCH_POSITIONS, DIRECTIONS, SUBSETS = 33, 34, 35


def philox(counter, key):
    """Returns four random words; Salmon et al., 2011."""
    c, k = [int(x) for x in counter], [int(x) for x in key]
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


class Stream:
    """Random numbers by what they are for."""

    def __init__(self, purpose, seed=SEED):
        self.key = philox([purpose, 0, 0, 0], [seed & 0xFFFFFFFF, seed >> 32])[:2]

    def words(self, step, sample=0, block=0):
        return philox([block, sample, step & 0xFFFFFFFF, step >> 32], self.key)

    def normal(self, count, step, sample):
        words = [w for block in range(-(-count // 4)) for w in self.words(step, sample, block)]
        uniform = np.array([w >> 8 for w in words]) / 2**24
        radius, turn = np.sqrt(-2 * np.log(1 - uniform[0::2])), 2 * np.pi * uniform[1::2]
        return np.stack([radius * np.cos(turn), radius * np.sin(turn)], 1).reshape(-1)[:count]


def choice(stream, step, wanted, count):
    """Returns different numbers below count: a shuffle, as far as it is wanted."""
    numbers = list(range(count))
    for place in range(wanted):
        other = place + (stream.words(step, block=place)[0] * (count - place) >> 32)
        numbers[place], numbers[other] = numbers[other], numbers[place]
    return numbers[:wanted]


def pictures(count, size, kind):
    """The pictures of ImageFixtures.swift, [count, size, size, 3]."""
    index, y, x, channel = np.meshgrid(
        np.arange(count), np.arange(size), np.arange(size), np.arange(3), indexing="ij")
    place = x * (3 + index % 5) + y * (2 + (index + kind) % 3) + 40 * channel
    wave = np.abs(64 - place % 128)
    word = (1 << 32) - 1
    mixed = (((index * size + y) * size + x) * 3 + channel + kind * 0x1F3D5B79) & word
    mixed = mixed.astype(np.uint64) * np.uint64(0x9E3779B9) & np.uint64(word)
    mixed = (mixed ^ (mixed >> np.uint64(15))) * np.uint64(0x85EBCA6B) & np.uint64(word)
    return (wave * 3 + (mixed >> np.uint64(26)).astype(np.int64) + 16 * kind) & 255


# Sliced Wasserstein distance


def blurred(image, gain):
    """Blurs [height, width, 3] by (1 4 6 4 1)/16 along both axes, mirroring about the last pixel."""
    weights = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256 * gain
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode="reflect")
    height, width, _ = image.shape
    return sum(weights[i, j] * padded[i:i + height, j:j + width] for i in range(5) for j in range(5))


def pyramid(image):
    levels = [image.astype(np.float64)]
    while levels[-1].shape[0] > 16:
        small = blurred(levels[-1], 1)[::2, ::2]
        large = np.zeros_like(levels[-1])
        large[::2, ::2] = small
        levels[-1] = levels[-1] - blurred(large, 4)
        levels.append(small)
    return levels


def descriptors(images, level):
    stream = Stream(PATCH_POSITIONS)
    patches = []
    for index, image in enumerate(images):
        picture = pyramid(image)[level]
        places = picture.shape[0] - 6
        for patch in range(128):
            words = stream.words(index, level, patch)
            x, y = words[0] * places >> 32, words[1] * places >> 32
            patches.append(picture[y:y + 7, x:x + 7])
    patches = np.stack(patches)
    patches -= patches.mean((0, 1, 2))
    patches /= patches.std((0, 1, 2))
    return patches.reshape(len(patches), -1)


def sliced_wasserstein(first, second):
    stream = Stream(DIRECTIONS)
    directions = np.stack([stream.normal(147, 0, number) for number in range(512)], 1)
    directions /= np.sqrt((directions**2).sum(0))
    distances = []
    for level in range(len(pyramid(first[0]))):
        a, b = [np.sort(descriptors(images, level) @ directions, 0) for images in (first, second)]
        distances.append(1000 * np.abs(a - b).mean())
    return distances


# Multi-scale structural similarity


def similarity(first, second):
    """Of two images [height, width, 3], as PGGAN has it."""
    first, second, result = first.astype(np.float64), second.astype(np.float64), 1
    c1, c2 = (0.01 * 255)**2, (0.03 * 255)**2
    for scale, weight in enumerate([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]):
        size = first.shape[0]
        length = min(11, size)
        distances = np.arange(length) - (length - 1) / 2
        window = np.exp(-(distances[:, None]**2 + distances**2) / (2 * (1.5 * length / 11)**2))
        window /= window.sum()
        windows = lambda x: np.lib.stride_tricks.sliding_window_view(x, (length, length), (0, 1))
        mean = lambda x: (windows(x) * window).sum((-1, -2))
        m1, m2 = mean(first), mean(second)
        v1, v2 = mean(first * first) - m1 * m1, mean(second * second) - m2 * m2
        contrast = (2 * (mean(first * second) - m1 * m2) + c2) / (v1 + v2 + c2)
        luminance = (2 * m1 * m2 + c1) / (m1 * m1 + m2 * m2 + c1)
        value = (contrast * luminance if scale == 4 else contrast).mean()
        result *= max(0, value)**weight
        first, second = [
            x.reshape(size // 2, 2, size // 2, 2, 3).mean((1, 3)) for x in (first, second)]
    return result


# Distances of features


def frechet(first, second):
    """By eigenvalues of the product of both covariances, which is not symmetric."""
    s1, s2 = np.cov(first.T), np.cov(second.T)
    mixed = np.sqrt(np.maximum(0, np.linalg.eigvals(s1 @ s2).real)).sum()
    return ((first.mean(0) - second.mean(0))**2).sum() + np.trace(s1 + s2) - 2 * mixed


def kernel(first, second, subsets, size):
    stream = Stream(SUBSETS)
    estimates = []
    for subset in range(subsets):
        x = first[choice(stream, 2 * subset, size, len(first))]
        y = second[choice(stream, 2 * subset + 1, size, len(second))]
        k = lambda a, b: (a @ b.T / a.shape[1] + 1)**3
        within = sum(k(a, a).sum() - np.trace(k(a, a)) for a in (x, y)) / (size * (size - 1))
        estimates.append(within - 2 * k(x, y).mean())
    return np.mean(estimates), np.std(estimates)


def coverage(generated, reals):
    distances = lambda a, b: np.sqrt(((a[:, None] - b)**2).sum(-1))
    radius = lambda a, k: np.sort(distances(a, a), 1)[:, k]
    across = distances(reals, generated)
    near, wide = radius(reals, 3)[:, None], radius(reals, 5)[:, None]
    return {
        "precision": (across <= near).any(0).mean(),
        "recall": (across <= radius(generated, 3)).any(1).mean(),
        "density": (across <= wide).sum() / (5 * len(generated)),
        "coverage": (across <= wide).any(1).mean(),
    }


def main():
    first, second = [pictures(IMAGE_COUNT, IMAGE_SIZE, kind) for kind in (0, 1)]
    pairs = [(i, j) for i in range(IMAGE_COUNT) for j in range(i + 1, min(i + 5, IMAGE_COUNT))]
    large = [pictures(1, 64, kind)[0] for kind in (0, 3)]
    numbers = Stream(99)
    # Multiples of a power of two, which Float32 holds as they are.
    reals = np.round(np.stack([numbers.normal(4, 0, i) for i in range(150)]) * 1024) / 1024
    generated = np.round(np.stack([numbers.normal(4, 1, i) for i in range(130)]) * 1024) / 1024
    generated = generated * 0.75 + 0.25
    mean, deviation = kernel(generated, reals, 100, 50)
    print(json.dumps({
        "imageCount": IMAGE_COUNT, "imageSize": IMAGE_SIZE, "seed": SEED,
        "pixelSums": [int(first.sum()), int(second.sum())],
        "slicedWasserstein": sliced_wasserstein(first, second),
        "pairs": len(pairs),
        "pairSimilarity": np.mean([similarity(first[i], first[j]) for i, j in pairs]),
        "largeSimilarity": similarity(large[0], large[1]),
        "reals": reals.reshape(-1).tolist(), "generated": generated.reshape(-1).tolist(),
        "frechet": frechet(generated, reals),
        "kernel": mean, "kernelDeviation": deviation,
        "coverage": coverage(generated, reals),
    }))


main()
