#!/usr/bin/env python3
"""Makes the golden values that gan-dist's models beside dcgan and paper are tested against.

    python3 Tests/Fixtures/make_rival_fixtures.py [MODEL ...]     (needs torch and numpy)

writes `MODEL.json` beside this script: one step of a small network in float64. What
`make_network_fixtures.py` says about values from names, layouts and the file holds here, too, but
for this:

    tolerance   of gradients, relative to the largest magnitude
    imageSize, featureMaps, latentSize     of the small networks
    growth      {"level", "fade"} for networks that grow, else null; reals have the level's size
    penalty     the gradient penalty, 0 where there is none; it is part of discriminatorLoss
    generator, discriminator     parameters in any order
    generatorRunning, discriminatorRunning    running statistics before and after the step: those
                with a recipe begin with its values, the others with 0 (means) or 1 (variances).
                `weight_u` of spectral normalisation need not have length one at first.

One step with batch size N = 4, dropout 0, all networks in training mode, the same fakes in both
phases, everything computed with the given weights; each optimizer steps once, at the end:

    1. fakes = G(latents). D judges reals and fakes: apart where the recipe says so, else as one batch
       of 2N. If there is a penalty, D also judges images between them, at the places that gan-dist
       draws for seed, step and phase 0, source 0, samples 0 to 3.
       A spectral norm takes one step of its power iteration in G, and one in D in this phase.
    2. D judges the fakes for the generator's loss; spectral norms stay, their right singular
       vectors follow from the left ones.

The salt is the first of a hundred with which float32 agrees with float64 to half of what the test
allows: with others some pre-activation lies too close to a kink of a rectifier. Where biases are nearly
taken away by batch norms, the scale of a gradient is a thousandth of the network's largest one.
"""

import json
import math
import sys

import torch
from torch import nn

from make_network_fixtures import FOLDER, pick, realize, recipe, rounded, sample_positions
from pytorch_layers import Equalized, set_right_vectors
from pytorch_rivals import (
    RECIPES,
    discriminator_loss,
    generator_loss,
    make_optimizer,
    make_rival,
    slope_penalty,
)

BATCH_SIZE = 4
LATENT_SIZE = 8
# Side length of images and feature maps; self-attention needs 8 of these.
SIZES = {"sagan": (64, 8), "portrait": (32, 8)}
USUAL_SIZES = (32, 4)
FADE = 0.375
# What the test allows relative to the largest element; sagan is the deepest network with the most
# features near a kink.
TOLERANCES = {"sagan": 4e-4}
USUAL_TOLERANCE = 1e-4
# RandomStream.Purpose.interpolation
INTERPOLATION = 11


def philox(counter, key):
    """The first of the four words of Philox4x32-10."""
    (c0, c1, c2, c3), (k0, k1), mask = counter, key, 0xFFFFFFFF
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & mask, (p0 >> 32) ^ c3 ^ k1, p0 & mask
        k0, k1 = (k0 + 0x9E3779B9) & mask, (k1 + 0xBB67AE85) & mask
    return c0, c1, c2, c3


def places():
    """The uniform numbers that gan-dist draws for the penalty with seed 0."""
    key = philox((INTERPOLATION, 0, 0, 0), (0, 0))[:2]
    words = [philox((0, sample, 0, 0), key)[0] for sample in range(BATCH_SIZE)]
    return torch.tensor([(word >> 8) / 2**24 for word in words], dtype=torch.float64)


def value_recipes(network):
    """Recipes of parameters, and of singular vectors, that keep features near unit size."""
    recipes = {}
    for module_name, module in network.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            shape = parameter.shape
            if isinstance(module, Equalized) and name == "weight":
                made = recipe(shape, math.sqrt(3))
            elif isinstance(module, (nn.BatchNorm2d, nn.GroupNorm)):
                made = recipe(shape, 0.1, 1.0 if name == "weight" else 0.0)
            elif name == "bias":
                made = recipe(shape, 0.05)
            elif name == "gamma":
                made = recipe(shape, 0.1, 0.5)
            elif isinstance(module, nn.ConvTranspose2d):
                fan_in = shape[0] * shape[2] * shape[3] / module.stride[0] ** 2
                made = recipe(shape, math.sqrt(3 / fan_in))
            else:
                made = recipe(shape, math.sqrt(3 / math.prod(shape[1:])))
            recipes[f"{module_name}.{name}"] = made
        for name, buffer in module.named_buffers(recurse=False):
            if name == "weight_u":
                recipes[f"{module_name}.{name}"] = recipe(buffer.shape, 1.0)
    return recipes


class Step:
    """Both networks before the optimizers' steps, with their gradients."""

    def __init__(self, model, salt, dtype):
        self.recipe = RECIPES[model]
        self.size, self.feature_maps = SIZES.get(model, USUAL_SIZES)
        self.networks = dict(
            zip(
                ("generator", "discriminator"),
                make_rival(model, self.size, self.feature_maps, LATENT_SIZE),
            )
        )
        self.recipes = {}
        for role, network in self.networks.items():
            if hasattr(network, "fade"):
                network.fade = FADE
            for module in network.modules():
                if isinstance(module, nn.Dropout):
                    module.p = 0
            network.to(dtype).train()
            self.recipes[role] = value_recipes(network)
            tensors = dict(network.named_parameters()) | dict(network.named_buffers())
            for name, made in self.recipes[role].items():
                tensors[name].data = realize(f"{salt}{role}.{name}", made).to(dtype)
        self.inputs = {
            "latents": recipe([BATCH_SIZE, LATENT_SIZE], math.sqrt(3)),
            "reals": recipe([BATCH_SIZE, 3, self.size, self.size], 1.0),
        }
        given = {name: realize(salt + name, made).to(dtype) for name, made in self.inputs.items()}
        self.compute(given["latents"], given["reals"], dtype)

    def compute(self, latents, reals, dtype):
        generator, discriminator = self.networks.values()
        self.fakes = generator(latents)
        fakes = self.fakes.detach()
        if self.recipe.judges_apart:
            self.real_logits = discriminator(reals)
            hold_spectral_norms(discriminator)
            self.fake_logits = discriminator(fakes)
        else:
            logits = discriminator(torch.cat([reals, fakes]))
            self.real_logits, self.fake_logits = logits.split(BATCH_SIZE)
        loss = discriminator_loss(self.recipe, self.real_logits, self.fake_logits)
        self.penalty = torch.zeros(())
        if self.recipe.penalty_weight > 0:
            self.penalty = slope_penalty(
                self.recipe, discriminator, reals, fakes, places().to(dtype)
            )
        self.discriminator_loss = loss + self.penalty
        self.discriminator_loss.backward()
        gradients = [p.grad for p in discriminator.parameters()]
        for parameter in discriminator.parameters():
            parameter.grad = None

        # Spectral norms are not estimated anew; batch statistics are, as there are either of them.
        if any(hasattr(module, "weight_u") for module in discriminator.modules()):
            set_right_vectors(discriminator)
            hold_spectral_norms(discriminator)
        self.generator_logits = discriminator(self.fakes)
        self.generator_loss = generator_loss(self.recipe, self.generator_logits)
        self.generator_loss.backward()
        for parameter, gradient in zip(discriminator.parameters(), gradients):
            parameter.grad = gradient


def hold_spectral_norms(network):
    """Ends the power iteration, which modules in training take on with each pass."""
    for module in network.modules():
        if hasattr(module, "weight_u"):
            module.eval()


def disagreement(exact, rough):
    """The largest difference of a gradient, relative to its largest element.

    What is small because large numbers cancel is as precise as they are: a thousandth of the
    network's largest gradient is the least scale.
    """
    worst = 0
    for a, b in zip(exact.networks.values(), rough.networks.values()):
        pairs = [
            (p.grad, q.grad.double())
            for p, q in zip(a.parameters(), b.parameters())
            if p.grad is not None
        ]
        least = 1e-3 * max(a.abs().max().item() for a, _ in pairs)
        for a, b in pairs:
            worst = max(worst, ((a - b).abs().max() / max(a.abs().max(), least)).item())
    return worst


def describe_parameters(role, step):
    network, options = step.networks[role], getattr(step.recipe, f"{role}_optimizer")
    described = []
    for name, parameter in network.named_parameters():
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        # Batch norms take biases away, and unused levels take no part: zero but for rounding.
        is_zero = gradient.abs().max() < 1e-12
        positions = [] if is_zero else sample_positions(f"{role}.{name}", parameter.numel(), 6)
        described.append(
            {
                "name": name,
                **step.recipes[role][name],
                "gradientNorm": 0 if is_zero else rounded([gradient.norm().item()])[0],
                "gradientMaximum": 0 if is_zero else rounded([gradient.abs().max().item()])[0],
                "gradientIsZero": bool(is_zero),
                "positions": positions,
                "gradient": pick(gradient, positions),
            }
        )
    make_optimizer(network, options).step()
    for entry, parameter in zip(described, network.parameters()):
        entry["updated"] = pick(parameter, entry["positions"])
    return described


def describe_running(role, step):
    described = []
    for name, buffer in step.networks[role].named_buffers():
        if buffer.dim() > 0 and not name.endswith("weight_v"):
            positions = sample_positions(name, buffer.numel(), 4)
            described.append(
                {
                    "name": name,
                    **step.recipes[role].get(name, {"shape": list(buffer.shape)}),
                    "positions": positions,
                    "values": pick(buffer, positions),
                }
            )
    return described


def make_fixture(model):
    tolerance = TOLERANCES.get(model, USUAL_TOLERANCE)
    for salt in (f"{number}." for number in range(100)):
        step = Step(model, salt, torch.float64)
        error = disagreement(step, Step(model, salt, torch.float32))
        if error < tolerance / 2:
            break
    else:
        sys.exit(f"{model}: no salt keeps all features away from kinks")
    print(f"{model}: salt {salt}, float32 differs by {error:.1e}")
    generator = step.networks["generator"]
    positions = sample_positions("fakes", step.fakes.numel(), 32)
    running = {f"{role}Running": describe_running(role, step) for role in step.networks}
    return {
        "model": model,
        "salt": salt,
        "tolerance": tolerance,
        "batchSize": BATCH_SIZE,
        "imageSize": step.size,
        "featureMaps": step.feature_maps,
        "latentSize": LATENT_SIZE,
        "growth": (
            {"level": generator.level, "fade": FADE} if hasattr(generator, "fade") else None
        ),
        "inputs": step.inputs,
        "fakes": {
            "shape": list(step.fakes.shape),
            "sums": rounded(step.fakes.sum(dim=(1, 2, 3)).tolist()),
            "squareSums": rounded(step.fakes.square().sum(dim=(1, 2, 3)).tolist()),
            "positions": positions,
            "values": pick(step.fakes, positions),
        },
        "realLogits": rounded(step.real_logits.tolist()),
        "fakeLogits": rounded(step.fake_logits.tolist()),
        "generatorLogits": rounded(step.generator_logits.tolist()),
        "penalty": rounded([step.penalty.item()])[0],
        "discriminatorLoss": rounded([step.discriminator_loss.item()])[0],
        "generatorLoss": rounded([step.generator_loss.item()])[0],
        "generator": describe_parameters("generator", step),
        "discriminator": describe_parameters("discriminator", step),
        **running,
    }


def main():
    for model in sys.argv[1:] or RECIPES:
        text = json.dumps(make_fixture(model), separators=(",", ":"))
        text = text.replace('{"name":', '\n{"name":')
        (FOLDER / f"{model}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
