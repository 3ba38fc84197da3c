"""Thread limits and deterministic computation for processes that run trials."""

from __future__ import annotations

import os


def limit_threads(backend: str, threads: int) -> None:
    """Sets the framework's number of threads, and deterministic computation. To be called before its first use."""
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
    elif backend == "torch":
        import torch

        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(mode=True, warn_only=True)


def compiles(backend: str) -> bool:
    """Whether Keras should compile the training step: with JAX, and with TensorFlow on a GPU."""
    if backend == "torch":
        return False
    if backend == "jax":
        return True
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def settings(backend: str, threads: int) -> dict[str, str]:
    """The environment variables of a process that runs trials, in addition to inherited ones."""
    eigen = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} intra_op_parallelism_threads={threads}"
    return {
        "KERAS_BACKEND": backend,
        "OMP_NUM_THREADS": str(threads),
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3"),
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {eigen}".strip(),
    }
