#!/usr/bin/env python3
"""Makes the golden values that gan-dist's networks and operations are tested against.

    python3 Tests/Fixtures/make_network_fixtures.py      (needs torch and numpy; about a minute)

writes `dcgan.json`, `paper.json` and `operations.json` beside this script. PyTorch computes
everything in float64 from inputs that are exact float32 numbers, so the values are the truth
that a float32 implementation approaches. What follows is all that a test needs to know.

VALUES FROM NAMES
    Full-size networks are too large to commit, so every weight and input follows from its name.
    With 32-bit wrapping arithmetic:

        fnv1a(text)  h = 0x811C9DC5; for each UTF-8 byte: h = (h ^ byte) * 0x01000193
        mix(h)       h ^= h >> 16; h *= 0x85EBCA6B; h ^= h >> 13; h *= 0xC2B2AE35; h ^= h >> 16
        unit(name, i)   Float(mix(i * 0x9E3779B9 + fnv1a(name)) >> 8) / 2^23 - 1     in -1 ..< 1
        value(name, i)  offset + scale * unit(name, i), and a gap where there is one, see SALT

    `unit` is exact in float32; `value` is a float32 product and then a float32 sum (two
    roundings, not a fused multiply-add; the sum is left out where offset is 0). i counts the
    elements of the tensor in C order *in its PyTorch layout*: convolution weights [output, input,
    height, width], transposed convolution weights [input, output, height, width], dense weights
    [output, input], images [batch, channel, row, column], latents [batch, 100].

    To check an implementation: fnv1a("latents") is 4173836648, and unit("latents", i) begins
    -0.64381444, 0.038864017, -0.6993362, -0.47389746.

    An object {"shape", "scale", "offset"} describes such a tensor; it is a `recipe` below.

LAYOUT
    All positions in these files are flat C-order indices into the PyTorch layout. In `paper`, the
    dense output is reshaped to [batch, row, column, channel] and the head's input is flattened
    from [batch, row, column, channel], as Keras does, so these two need no permutation in an
    NHWC implementation. In `dcgan` latents are [batch, 100] with one pixel.

NETWORKS (`dcgan.json`, `paper.json`)
    The layers and their names are in `launch/bench/pytorch_networks.py`; `paper` follows Keras:
    "same" padding with stride 2 pads 0 before and 1 after on even sizes and 1 and 1 on 17;
    batch norm has eps 1e-3 and momentum 0.2 (Keras 0.8); `dcgan` eps 1e-5, momentum 0.1.
    Batch norm normalises with the biased variance. Running variances take the unbiased one
    (n / (n - 1)): PyTorch's rule, and that of TensorFlow's fused kernel, which tf.keras 2 uses for
    images; Keras 3 takes the biased one. Running means start at 0, running variances at 1.

    One training step with batch size N = 4, both networks in training mode, dropout 0, label
    noise 0. Losses are means over their batch, of binary cross-entropy with logits.

    Both phases are computed with the given weights; each optimizer steps once, at the end.
    Training itself judges the generator by the D of after its step; but a first step of an
    adaptive optimizer is about the rate times the sign of the gradient, so that rounding in
    gradients near zero becomes other weights, and 1e-2 in the generator's gradients.

    dcgan (as pytorch/examples; Adam, learning rate 2e-4, betas 0.5 and 0.999, eps 1e-8):
      1. D(reals) against 1, and D(fakes) against 0, fakes = G(latents) without gradient to G: two
         forward passes, batch statistics each. discriminatorLoss is the SUM of the two means.
         Running statistics of D are updated by both, reals first.
      2. G's loss: D(fakes) against 1, the same fakes (D's running statistics are updated a third
         time). G runs forward once.

    paper (Adamax, learning rate 1.5e-4, betas 0.5 and 0.999, eps 1e-7):
      1. D on one batch of 2N, reals before fakes (batch statistics over both); fakes = G(latents)
         in training mode without gradient to G. discriminatorLoss is the MEAN over the 2N.
      2. Fresh latents "generatorLatents": G runs forward a second time (its running statistics are
         updated again), its loss is D(G(.)) against 1 over N, batch statistics over the N.
      Adamax is Keras's: m = b1 m + (1 - b1) g; u = max(b2 u, |g|);
      p -= rate / (1 - b1^t) * m / (u + eps). PyTorch adds its eps (1e-8) inside the maximum.

    The file:
      model, salt, batchSize
      inputs            name -> recipe: latents, reals [N, 3, 64, 64] and for paper
                        generatorLatents. The name is hashed after the salt.
      fakes             G(latents) of phase 1: {"shape", "sums": the sum of each image,
                        "squareSums": the sum of squares of each image, "positions", "values"}
      realLogits, fakeLogits        D's logits of phase 1, N each
      generatorLogits               D's logits of phase 2
      discriminatorLoss, generatorLoss
      generator, discriminator      lists of parameters in PyTorch's order:
        name              as in pytorch_networks.py; hashed as salt + "generator." + name or
                          salt + "discriminator." + name
        shape, scale, offset          the recipe
        gradientNorm, gradientMaximum the L2 norm and the largest magnitude of the loss's gradient
        gradientIsZero    true for a convolution bias that a batch norm follows at once: its true
                          gradient is 0, which the file says exactly; what is computed is
                          rounding noise, and an adaptive optimizer makes steps of it. Compare
                          it with 0 on the scale of its weight's gradient, and skip `updated`.
        positions, gradient, updated  sampled entries: the gradient, and the parameter after the
                          step. A first step of Adam moves by rate * g / (|g| + eps), about the
                          sign of g: where g is rounding noise, allow 2 * rate.
      generatorRunning, discriminatorRunning   batch-norm statistics: name, shape, positions and
        values (after the whole step); the discriminator's also afterDiscriminatorPhase

    Tolerances. PyTorch's own float32 run of this script differs from these values by at most
    5e-5 of the largest magnitude of each quantity; 1e-4 is a fair bound, see SALT.

SALT
    A rectifier's slope jumps at zero: if one of millions of pre-activations lies so close to it
    that float32 rounding moves it to the other side, single gradients change by 1e-3 to 5e-2, and
    say nothing about an implementation. So the numbers are chosen to keep all of them away.
    - A "gap" in a recipe is added with the sign of unit(name, i), in a third rounding. In both
      generators and in `paper`'s discriminator shifts have one, larger than what normalised
      features reach: a channel then lies on one side of the kink, some channels on each side.
    - `dcgan`'s discriminator has features of both signs in every channel. Every hashed name is
      preceded by the file's "salt", which was chosen among 150 for the distance of the nearest
      pre-activation from zero: 3e-6 in its first layer (where rounding is below 1e-6), and 8e-6
      in the others.

OPERATIONS (`operations.json`)
    A list of {"case", "operation", "attributes", "inputs": name -> recipe,
    "outputs": name -> {"shape", "values"}}, complete values in PyTorch layout. An input's hashed
    name is case + "." + name. The input `cotangent` is the gradient with respect to `output`;
    outputs named gradient.X are the gradients of sum(output * cotangent) with respect to input X.
    conv2d                attributes stride and padding [top, bottom, left, right]
    conv_transpose2d      attributes stride, padding (all sides), output_padding (bottom, right)
    batch_norm            training mode; epsilon, momentum; also running_mean and running_variance
                          after one update from 0 and 1 (unbiased variance)
    upsample_nearest      attribute factor
    average_pool          attribute size (also the stride)
    linear                input, weight [output, input], bias
    tanh, sigmoid, leaky_relu (attribute slope)
    bce_with_logits       input, target; output is the mean, shape []; cotangent has shape []
"""

import json
import math
import sys
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent.parent / "launch" / "bench"))
from pytorch_networks import DCGANDiscriminator, make_networks  # noqa: E402

BATCH_SIZE = 4
SALTS = {"dcgan": "7.", "paper": "a."}


# Values from names


def fnv1a(text):
    hash_ = 0x811C9DC5
    for byte in text.encode():
        hash_ = (hash_ ^ byte) * 0x01000193 & 0xFFFFFFFF
    return hash_


def hashes(name, indices):
    """mix(i * 0x9E3779B9 + fnv1a(name)) for each index."""
    mask = numpy.uint64(0xFFFFFFFF)
    h = (indices.astype(numpy.uint64) * numpy.uint64(0x9E3779B9) + numpy.uint64(fnv1a(name))) & mask
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h ^= h >> numpy.uint64(shift)
        h = (h * numpy.uint64(factor)) & mask
    return h ^ (h >> numpy.uint64(16))


def recipe(shape, scale, offset=0.0, gap=0.0):
    made = {"shape": list(shape), "scale": float(numpy.float32(scale)), "offset": offset}
    return made | ({"gap": gap} if gap else {})


def realize(name, recipe):
    """The tensor of a name and its recipe: exact float32 numbers held in float64."""
    count = math.prod(recipe["shape"])
    h = hashes(name, numpy.arange(count, dtype=numpy.uint64))
    unit = (h >> numpy.uint64(8)).astype(numpy.float32) / numpy.float32(2**23) - numpy.float32(1)
    values = numpy.float32(recipe["scale"]) * unit
    if recipe["offset"] != 0:
        values = numpy.float32(recipe["offset"]) + values
    if "gap" in recipe:
        values += numpy.copysign(numpy.float32(recipe["gap"]), unit)
    return torch.from_numpy(values.reshape(recipe["shape"])).double()


def sample_positions(name, count, limit):
    """Distinct positions, spread by the same hash; recorded in the files."""
    if count <= limit:
        return list(range(count))
    candidates = hashes(name + "#positions", numpy.arange(4 * limit, dtype=numpy.uint64)) % count
    return sorted(list(dict.fromkeys(candidates.tolist()))[:limit])


def rounded(values):
    """Ten digits: float64 noise left out, more than a float32 test can see."""
    return [float(f"{value:.10g}") for value in values]


def pick(tensor, positions):
    return rounded(tensor.detach().flatten()[positions].tolist())


# Networks


def parameter_recipes(network):
    """A recipe for each parameter that keeps activations near unit size.

    Shifts with a gap keep each channel on one side of its rectifier's kink, see SALT.
    """
    is_one_sided = not isinstance(network, DCGANDiscriminator)
    recipes = {}
    for module_name, module in network.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            shape = parameter.shape
            if is_one_sided and isinstance(module, nn.BatchNorm2d):
                is_weight = name == "weight"
                made = recipe(shape, 0.02, 0.15) if is_weight else recipe(shape, 0.2, gap=1.0)
            elif is_one_sided and module_name == "blocks.0.conv" and module.in_channels == 3:
                made = recipe(shape, 0.06) if name == "weight" else recipe(shape, 0.2, gap=1.0)
            elif isinstance(module, nn.BatchNorm2d):
                made = recipe(shape, 0.1, 1.0 if name == "weight" else 0.0)
            elif isinstance(network, DCGANDiscriminator) and shape[0] == 1:
                # Features are positive on average, so the offset lifts the logits to about 1: as
                # small differences of 8,192 terms they would be mostly rounding.
                made = recipe(shape, math.sqrt(3 / math.prod(shape[1:])), offset=0.0004)
            elif name == "bias":
                made = recipe(shape, 0.05)
            elif isinstance(module, nn.ConvTranspose2d):
                fan_in = shape[0] * shape[2] * shape[3] / module.stride[0] ** 2
                made = recipe(shape, math.sqrt(3 / fan_in))
            else:
                made = recipe(shape, math.sqrt(3 / math.prod(shape[1:])))
            recipes[f"{module_name}.{name}"] = made
    return recipes


class KerasAdamax(torch.optim.Optimizer):
    """Adamax as Keras defines it: eps is added to the divisor, not inside the maximum."""

    def __init__(self, parameters):
        super().__init__(parameters, {"lr": 1.5e-4, "b1": 0.5, "b2": 0.999, "eps": 1e-7})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                t = state["t"] = state.get("t", 0) + 1
                m = group["b1"] * state.get("m", 0) + (1 - group["b1"]) * p.grad
                u = torch.maximum(group["b2"] * state.get("u", torch.zeros_like(p)), p.grad.abs())
                state["m"], state["u"] = m, u
                p -= group["lr"] / (1 - group["b1"] ** t) * m / (u + group["eps"])


def make_optimizer(model, network):
    if model == "dcgan":
        return torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999), eps=1e-8)
    return KerasAdamax(network.parameters())


def loss_against(logits, label):
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def describe_running(network):
    described = []
    for name, buffer in network.named_buffers():
        if buffer.dim() > 0:
            positions = sample_positions(name, buffer.numel(), 8)
            described.append(
                {
                    "name": name,
                    "shape": list(buffer.shape),
                    "positions": positions,
                    "values": pick(buffer, positions),
                }
            )
    return described


def has_zero_gradient(network, name):
    """Whether `name` is a convolution bias that a batch norm follows with nothing between."""
    if not name.endswith("conv.bias"):
        return False
    block = network.get_submodule(name.removesuffix(".conv.bias"))
    return hasattr(block, "norm") and not getattr(block, "padded_to_odd", False)


def describe_parameters(role, network, recipes, step):
    """Samples of every gradient, and of every parameter after `step` is taken."""
    described = []
    for name, parameter in network.named_parameters():
        gradient = parameter.grad
        positions = sample_positions(f"{role}.{name}", parameter.numel(), 16)
        is_zero = has_zero_gradient(network, name)
        if is_zero:
            assert gradient.abs().max() < 1e-12
            gradient.zero_()
        described.append(
            {
                "name": name,
                **recipes[name],
                "gradientNorm": rounded([gradient.norm().item()])[0],
                "gradientMaximum": rounded([gradient.abs().max().item()])[0],
                "gradientIsZero": is_zero,
                "positions": positions,
                "gradient": pick(gradient, positions),
            }
        )
    step()
    for entry, parameter in zip(described, network.parameters()):
        entry["updated"] = pick(parameter, entry["positions"])
    return described


def make_network_fixture(model):
    generator, discriminator = make_networks(model, dropout=0.0)
    salt = SALTS[model]
    recipes = {}
    for role, network in (("generator", generator), ("discriminator", discriminator)):
        network.double().train()
        recipes[role] = parameter_recipes(network)
        for name, parameter in network.named_parameters():
            parameter.data = realize(f"{salt}{role}.{name}", recipes[role][name])
    generator_optimizer = make_optimizer(model, generator)
    discriminator_optimizer = make_optimizer(model, discriminator)

    unit_variance = math.sqrt(3)
    inputs = {"latents": recipe([BATCH_SIZE, 100], unit_variance)}
    if model == "dcgan":
        inputs["reals"] = recipe([BATCH_SIZE, 3, 64, 64], 1.0)
    else:
        inputs["generatorLatents"] = recipe([BATCH_SIZE, 100], unit_variance)
        inputs["reals"] = recipe([BATCH_SIZE, 3, 64, 64], 0.5, 0.5)
    given = {name: realize(salt + name, made) for name, made in inputs.items()}

    # Phase 1: the discriminator.
    fakes = generator(given["latents"])
    if model == "dcgan":
        real_logits = discriminator(given["reals"])
        fake_logits = discriminator(fakes.detach())
        discriminator_loss = loss_against(real_logits, 1.0) + loss_against(fake_logits, 0.0)
    else:
        logits = discriminator(torch.cat([given["reals"], fakes.detach()]))
        real_logits, fake_logits = logits.split(BATCH_SIZE)
        labels = torch.cat([torch.ones_like(real_logits), torch.zeros_like(fake_logits)])
        discriminator_loss = functional.binary_cross_entropy_with_logits(logits, labels)
    discriminator_loss.backward()
    discriminator_gradients = [p.grad.clone() for p in discriminator.parameters()]
    after_discriminator_phase = describe_running(discriminator)

    # Phase 2: the generator, judged by the discriminator as it was.
    judged = fakes if model == "dcgan" else generator(given["generatorLatents"])
    generator_logits = discriminator(judged)
    generator_loss = loss_against(generator_logits, 1.0)
    generator_loss.backward()
    discriminator_running = describe_running(discriminator)
    for entry, earlier in zip(discriminator_running, after_discriminator_phase):
        entry["afterDiscriminatorPhase"] = earlier["values"]

    for parameter, gradient in zip(discriminator.parameters(), discriminator_gradients):
        parameter.grad = gradient
    discriminator_parameters = describe_parameters(
        "discriminator", discriminator, recipes["discriminator"], discriminator_optimizer.step
    )
    generator_parameters = describe_parameters(
        "generator", generator, recipes["generator"], generator_optimizer.step
    )

    positions = sample_positions("fakes", fakes.numel(), 256)
    return {
        "model": model,
        "salt": salt,
        "batchSize": BATCH_SIZE,
        "inputs": inputs,
        "fakes": {
            "shape": list(fakes.shape),
            "sums": rounded(fakes.sum(dim=(1, 2, 3)).tolist()),
            "squareSums": rounded(fakes.square().sum(dim=(1, 2, 3)).tolist()),
            "positions": positions,
            "values": pick(fakes, positions),
        },
        "realLogits": rounded(real_logits.tolist()),
        "fakeLogits": rounded(fake_logits.tolist()),
        "generatorLogits": rounded(generator_logits.tolist()),
        "discriminatorLoss": rounded([discriminator_loss.item()])[0],
        "generatorLoss": rounded([generator_loss.item()])[0],
        "generator": generator_parameters,
        "discriminator": discriminator_parameters,
        "generatorRunning": describe_running(generator),
        "discriminatorRunning": discriminator_running,
    }


# Operations


def make_case(case, operation, inputs, compute, **attributes):
    """Runs `compute` on the inputs and differentiates it; it may return named extras too."""
    given = {
        name: realize(f"{case}.{name}", made).requires_grad_(name != "target")
        for name, made in inputs.items()
    }
    output = compute(**given)
    output, extras = output if isinstance(output, tuple) else (output, {})
    inputs["cotangent"] = recipe(output.shape, 1.0)
    output.backward(realize(f"{case}.cotangent", inputs["cotangent"]))
    outputs = {"output": output, **extras}
    for name, tensor in given.items():
        if tensor.requires_grad:
            outputs[f"gradient.{name}"] = tensor.grad
    return {
        "case": case,
        "operation": operation,
        "attributes": attributes,
        "inputs": inputs,
        "outputs": {
            name: {
                "shape": list(tensor.shape),
                "values": [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()],
            }
            for name, tensor in outputs.items()
        },
    }


def convolution_case(case, height, width, kernel, stride, padding):
    top, bottom, left, right = padding

    def compute(input, weight):
        return functional.conv2d(
            functional.pad(input, (left, right, top, bottom)), weight, stride=stride
        )

    inputs = {
        "input": recipe([2, 3, height, width], 1.0),
        "weight": recipe([2, 3, kernel, kernel], 0.5),
    }
    return make_case(case, "conv2d", inputs, compute, stride=stride, padding=list(padding))


def transposed_case(case, height, width, kernel, stride, padding, output_padding):
    def compute(input, weight):
        return functional.conv_transpose2d(
            input, weight, stride=stride, padding=padding, output_padding=output_padding
        )

    inputs = {
        "input": recipe([2, 3, height, width], 1.0),
        "weight": recipe([3, 2, kernel, kernel], 0.5),
    }
    return make_case(
        case, "conv_transpose2d", inputs, compute,
        stride=stride, padding=padding, output_padding=output_padding,
    )  # fmt: skip


def batch_norm_case(case, epsilon, momentum):
    def compute(input, weight, bias):
        mean, variance = torch.zeros(3).double(), torch.ones(3).double()
        output = functional.batch_norm(
            input, mean, variance, weight, bias, training=True, momentum=momentum, eps=epsilon
        )
        return output, {"running_mean": mean, "running_variance": variance}

    inputs = {
        "input": recipe([2, 3, 4, 3], 1.5, 0.25),
        "weight": recipe([3], 0.1, 1.0),
        "bias": recipe([3], 0.1),
    }
    return make_case(case, "batch_norm", inputs, compute, epsilon=epsilon, momentum=momentum)


def elementwise_case(operation, function, **attributes):
    return make_case(
        operation, operation, {"input": recipe([2, 2, 3, 3], 4.0)}, function, **attributes
    )


def loss_case(case, scale):
    return make_case(
        case, "bce_with_logits",
        {"input": recipe([16], scale), "target": recipe([16], 0.5, 0.5)},
        lambda input, target: functional.binary_cross_entropy_with_logits(input, target),
    )  # fmt: skip


def make_operation_fixtures():
    return [
        convolution_case("conv.k1", 4, 5, 1, 1, (0, 0, 0, 0)),
        convolution_case("conv.k3.same", 5, 6, 3, 1, (1, 1, 1, 1)),
        convolution_case("conv.k3.valid", 5, 6, 3, 1, (0, 0, 0, 0)),
        convolution_case("conv.k3.stride2.even", 6, 8, 3, 2, (0, 1, 0, 1)),
        convolution_case("conv.k3.stride2.odd", 7, 5, 3, 2, (1, 1, 1, 1)),
        convolution_case("conv.k4.stride2", 6, 8, 4, 2, (1, 1, 1, 1)),
        convolution_case("conv.k4.valid", 4, 4, 4, 1, (0, 0, 0, 0)),
        convolution_case("conv.k2.lopsided", 4, 5, 2, 1, (1, 0, 0, 2)),
        convolution_case("conv.k5.stride2", 7, 6, 5, 2, (2, 2, 2, 2)),
        convolution_case("conv.k3.unreached-edge", 6, 6, 3, 2, (0, 0, 0, 0)),
        transposed_case("transposed.k4.valid", 1, 1, 4, 1, 0, 0),
        transposed_case("transposed.k4.stride2", 3, 4, 4, 2, 1, 0),
        transposed_case("transposed.k3.stride2", 3, 4, 3, 2, 1, 1),
        transposed_case("transposed.k5.stride2", 3, 2, 5, 2, 2, 1),
        transposed_case("transposed.k2.stride2", 3, 2, 2, 2, 0, 0),
        batch_norm_case("batch-norm.pytorch", 1e-5, 0.1),
        batch_norm_case("batch-norm.keras", 1e-3, 0.2),
        make_case(
            "upsample", "upsample_nearest", {"input": recipe([2, 2, 2, 3], 1.0)},
            lambda input: functional.interpolate(input, scale_factor=2, mode="nearest"), factor=2,
        ),
        make_case(
            "average-pool", "average_pool", {"input": recipe([2, 2, 4, 6], 1.0)},
            lambda input: functional.avg_pool2d(input, 2), size=2,
        ),
        make_case(
            "linear", "linear",
            {"input": recipe([3, 5], 1.0), "weight": recipe([4, 5], 0.5), "bias": recipe([4], 0.1)},
            lambda input, weight, bias: functional.linear(input, weight, bias),
        ),
        elementwise_case("tanh", torch.tanh),
        elementwise_case("sigmoid", torch.sigmoid),
        elementwise_case(
            "leaky_relu", lambda input: functional.leaky_relu(input, 0.2), slope=0.2
        ),
        loss_case("bce.usual", 3.0),
        loss_case("bce.extreme", 120.0),
    ]  # fmt: skip


def write(name, content):
    """One line for each entry of a list, so that a change of a fixture reads well in a diff."""
    text = json.dumps(content, separators=(",", ":"))
    text = text.replace('{"name":', '\n{"name":').replace('{"case":', '\n{"case":')
    (FOLDER / name).write_text(text + "\n")


def main():
    write("operations.json", make_operation_fixtures())
    for model in ("dcgan", "paper"):
        write(f"{model}.json", make_network_fixture(model))


if __name__ == "__main__":
    main()
