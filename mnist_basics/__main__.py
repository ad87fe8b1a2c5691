"`python -m mnist_basics` is the command `mnist_basics`"
from mnist_basics.cli import main

main()
