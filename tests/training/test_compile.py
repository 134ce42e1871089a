"""Blocks that are compiled train as those that are not, whatever the shape of the history."""

import pytest
import torch

from fpbench.training.follow import compile_blocks
from tests._stubs.tiny_backbone import tiny_dit
from tests.models.test_dit import inputs, packed


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")  # the compiler's own
def test_compiled_blocks_have_the_loss_and_the_gradients_of_eager_ones() -> None:
    eager, compiled = (tiny_dit().requires_grad_(True) for _ in range(2))
    compile_blocks(compiled, "this test")
    for context in ([packed(1, 1, -1)], [packed(4, 2, -5), packed(1, 1, -1)]):
        losses = [model(*inputs(), context).square().mean() for model in (eager, compiled)]
        torch.testing.assert_close(losses[1], losses[0], atol=1e-6, rtol=1e-5)
        for model, loss in zip((eager, compiled), losses, strict=True):
            model.zero_grad()
            loss.backward()
        for (name, a), b in zip(eager.named_parameters(), compiled.parameters(), strict=True):
            if a.grad is not None:
                torch.testing.assert_close(b.grad, a.grad, atol=1e-6, rtol=1e-4, msg=name)
    assert any(block._compiled_call_impl for block in compiled.blocks)
