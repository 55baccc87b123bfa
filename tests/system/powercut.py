"""Puts what a loss of power leaves in the place of a data folder: see powercut.cc."""

import os
import shutil


def environment(library, data, kept, stub=False):
    os.makedirs(kept, exist_ok=True)
    return {"LD_PRELOAD": library, "HC_POWERCUT_DATA": os.path.realpath(data), "HC_POWERCUT_KEPT": kept,
            "HC_POWERCUT_STUB": "1" if stub else "0"}


def cut(data, kept):
    """Requires: the process is gone."""
    data = os.path.realpath(data)
    folders = [data] + [os.path.join(data, d) for d in os.listdir(data) if os.path.isdir(os.path.join(data, d))]
    for folder in folders:
        for name in os.listdir(folder):
            if os.path.isfile(os.path.join(folder, name)):
                os.rename(os.path.join(folder, name), os.path.join(folder, name + "~gone"))
        names = os.path.join(kept, "names-" + folder.replace("/", "%"))
        if os.path.exists(names):
            with open(names, encoding="utf-8") as file:
                for line in file.read().splitlines():
                    key, name = line.split(" ", 1)
                    content = os.path.join(kept, "inode-" + key)
                    if os.path.exists(content):
                        shutil.copyfile(content, os.path.join(folder, name))
                    else:
                        open(os.path.join(folder, name), "wb").close()
        for name in os.listdir(folder):
            if name.endswith("~gone"):
                os.remove(os.path.join(folder, name))
    shutil.rmtree(kept)  # the next process finds what is there, and takes it for durable
    os.makedirs(kept)
