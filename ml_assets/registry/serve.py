"""Runs MLflow's scoring server on a socket that is already bound; ends with the process that started it.

``python -m ml_assets.registry.serve MODEL DESCRIPTOR PARENT`` does what ``mlflow models serve
--env-manager local`` comes down to, which is MLflow's own ASGI application under uvicorn, without the
shell and the second Python in between.
"""

import os
import shlex
import socket
import sys
import threading
import time

_LOOK_EVERY_SECONDS = 0.5


def main(model: str, descriptor: int, parent: int) -> None:
    """Serve the MLflow model in folder `model` on the socket `descriptor` while `parent` lives."""
    threading.Thread(target=_exit_with_parent, args=(parent,), daemon=True).start()

    import uvicorn
    from mlflow.pyfunc import scoring_server

    command, environment = scoring_server.get_cmd(model)
    os.environ.update(environment)
    config = uvicorn.Config(shlex.split(command)[-1], log_level="info")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def _exit_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
