#!/usr/bin/env python3
"""Makes the golden values that gan-dist's objectives, penalties and RMSprop are tested against.

    python3 Tests/Fixtures/make_objective_fixtures.py      (needs torch; a second)

writes `objectives.json` beside this script, all computed in float64:

    logits      {"real", "fake"}, the arguments of the losses
    losses      name -> {"discriminator", "generator": value, "real", "fake", "generated": the
                derivatives of the losses by the logits}
    critic      {"hidden", "bias", "output"}, the weights of D(x) = output · tanh(x hidden + bias)
    images      {"real", "fake", "place"}: flattened images, and where between them x̂ lies
    penalties   name -> {"value", "hidden", "bias", "output": second-order derivatives}
    rmsprop     {"start", "gradients", "weights": after each step of torch.optim.RMSprop}
"""

import json
import pathlib

import torch
from torch.nn import functional

torch.set_default_dtype(torch.float64)
torch.manual_seed(4)


def losses(real, fake):
    """What D and G minimise, written from the papers' formulas."""
    bce = functional.binary_cross_entropy_with_logits
    critic = fake.mean() - real.mean()
    return {
        "non-saturating": (
            bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake)),
            bce(fake, torch.ones_like(fake)),
        ),
        "least-squares": (
            functional.mse_loss(real, torch.ones_like(real)) / 2
            + functional.mse_loss(fake, torch.zeros_like(fake)) / 2,
            functional.mse_loss(fake, torch.ones_like(fake)) / 2,
        ),
        "hinge": (
            torch.clamp(1 - real, min=0).mean() + torch.clamp(1 + fake, min=0).mean(),
            -fake.mean(),
        ),
        "wgan": (critic, -fake.mean()),
        "wgan-gp": (critic, -fake.mean()),
        "wgan-gp-drift": (critic + 0.001 * (real**2).mean(), -fake.mean()),
        "r1": (
            functional.softplus(-real).mean() + functional.softplus(fake).mean(),
            functional.softplus(-fake).mean(),
        ),
    }


def loss_fixture():
    real = torch.randn(5).mul(2).requires_grad_()
    fake = torch.randn(5).mul(2).requires_grad_()
    result = {}
    for name, (discriminator, generator) in losses(real, fake).items():
        by_real, by_fake = torch.autograd.grad(discriminator, [real, fake])
        (generated,) = torch.autograd.grad(generator, [fake])
        result[name] = {
            "discriminator": discriminator.item(),
            "generator": generator.item(),
            "real": by_real.tolist(),
            "fake": by_fake.tolist(),
            "generated": generated.tolist(),
        }
    return {"real": real.tolist(), "fake": fake.tolist()}, result


def penalty_fixture():
    count, width, hidden = 3, 12, 7
    critic = {
        "hidden": torch.randn(width, hidden).mul(0.5).requires_grad_(),
        "bias": torch.randn(hidden).mul(0.5).requires_grad_(),
        "output": torch.randn(hidden, 1).requires_grad_(),
    }
    images = {
        "real": torch.randn(count, width),
        "fake": torch.randn(count, width),
        "place": torch.rand(count, 1),
    }

    def slopes(x):
        x = x.requires_grad_()
        scores = torch.tanh(x @ critic["hidden"] + critic["bias"]) @ critic["output"]
        return torch.autograd.grad(scores.sum(), x, create_graph=True)[0]

    between = images["place"] * images["real"] + (1 - images["place"]) * images["fake"]
    penalties = {
        "wgan-gp": 10 * ((slopes(between).norm(2, dim=1) - 1) ** 2).mean(),
        "r1": 10 / 2 * slopes(images["real"].clone()).square().sum(dim=1).mean(),
    }
    values = {}
    for name, penalty in penalties.items():
        gradients = torch.autograd.grad(penalty, list(critic.values()), allow_unused=True)
        values[name] = {"value": penalty.item()} | {
            key: gradient.flatten().tolist() for key, gradient in zip(critic, gradients)
        }
    flat = lambda tensors: {key: value.flatten().tolist() for key, value in tensors.items()}
    return flat(critic), flat(images), values


def rmsprop_fixture():
    weights = torch.linspace(-1, 1, 5).requires_grad_()
    start = weights.tolist()
    optimizer = torch.optim.RMSprop([weights], lr=0.01, alpha=0.99, eps=1e-8)
    gradients, after = [], []
    for step in range(6):
        weights.grad = torch.randn(5) * 10.0 ** torch.arange(-4, 1)
        gradients.append(weights.grad.tolist())
        optimizer.step()
        after.append(weights.tolist())
    return {"start": start, "gradients": gradients, "weights": after}


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.9g}")


def main():
    logits, loss_values = loss_fixture()
    critic, images, penalties = penalty_fixture()
    fixture = {
        "logits": logits,
        "losses": loss_values,
        "critic": critic,
        "images": images,
        "penalties": penalties,
        "rmsprop": rmsprop_fixture(),
    }
    path = pathlib.Path(__file__).with_name("objectives.json")
    path.write_text(json.dumps(rounded(fixture), indent=1) + "\n")


if __name__ == "__main__":
    main()
