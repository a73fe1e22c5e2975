"""What to do about a cause that several calls have in common."""

WRONG_DESCRIPTOR = "The number is that of a file: look where it came from."
USE_BEFORE_CLOSE = "Use the socket before it is closed, or make a new one."
FIND_FAMILY = (
    "Make the object with the family the descriptor has: "
    "`socket.socket(fileno=…)` finds it out by itself."
)
SANDBOX = "Look for what confines the program: Landlock, SELinux, AppArmor, systemd."
