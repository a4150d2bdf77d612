"""Hand a command over to the warm process: its words, folder, environment and three streams; end with its code."""

import json
import os
import socket
import sys

NO_ANSWER = 70


def main() -> int:
    """Ask, and return the command's code."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(sys.argv[1])
        asked = {"words": sys.argv[2:], "cwd": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
        message = json.dumps(asked).encode()
        socket.send_fds(line, [len(message).to_bytes(4, "big")], [0, 1, 2])
        line.sendall(message)
        code = line.recv(1)
    return code[0] if code else NO_ANSWER


if __name__ == "__main__":
    sys.exit(main())
