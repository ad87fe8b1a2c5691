"""Train the convnet of 11_tendigits from three seeds and keep the first as the packaged model:
python tools/train.py. What each seed reached is kept with it, under `accuracies`."""
from pathlib import Path
from mnist_basics.tendigits import digit_learner

PACKAGED = Path(__file__).resolve().parent.parent/'mnist_basics'/'digits.safetensors'

def main(seeds=(0,1,2), epochs=5, file=PACKAGED):
    learners = [digit_learner('convnet', seed=seed) for seed in seeds]
    for learn in learners: print(learn.fit(epochs), flush=True)
    reached = [f"{learn.history[-1]['digit_accuracy']:.4f}" for learn in learners]
    learners[0].about |= dict(seeds=' '.join(map(str, seeds)), epochs=epochs,
                              accuracies=' '.join(reached))
    learners[0].save(file)

if __name__ == '__main__': main()
