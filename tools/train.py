"""Train the convolutional net of 09_ten_digits from three seeds and keep the first as mnist_basics/digits.safetensors:
python tools/train.py. What each seed reached on the test images is kept in the file, under `accuracies`."""
from pathlib import Path
from mnist_basics.tendigits import digit_learner

def main(seeds=(0,1,2), epochs=5):
    learners = [digit_learner('convnet', seed=o) for o in seeds]
    for o in learners: print(o.fit(epochs), flush=True)
    first = learners[0]
    first.about |= {'seeds': ' '.join(map(str, seeds)), 'epochs': epochs, 'accuracies': ' '.join(f"{o.history[-1]['digit_accuracy']:.4f}" for o in learners)}
    first.save(Path(__file__).resolve().parent.parent/'mnist_basics'/'digits.safetensors')

if __name__ == '__main__': main()
