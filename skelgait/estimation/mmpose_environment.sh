#!/bin/sh
# Builds an environment in which mmpose 1.3.2 runs beside current torch and numpy; nothing is compiled.
#
#     sh skelgait/estimation/mmpose_environment.sh [folder, default .venv-mmpose]
#
# $PYTHON is the interpreter to build it from (default python3.11, else python3). Then tell skelgait where it is:
#
#     export SKELGAIT_MMPOSE_PYTHON=.venv-mmpose/bin/python
#
# Why this way: `pip install mmpose` fails, because its dependency chumpy cannot be built and is never imported, its xtcocotools wheel is
# for numpy 1, and mmcv has no wheels for current torch. The OneDL continuation of mmengine, mmcv and mmdetection keeps up with current
# versions; mmcv is taken without its compiled operators, which no top-down pose model needs.
set -eu

folder=${1:-.venv-mmpose}
python=${PYTHON:-$(command -v python3.11 || command -v python3)}
torch=${TORCH:-torch==2.13.0}

if [ -x "$folder/bin/python" ] && "$folder/bin/python" -c "import mmpose.apis" >/dev/null 2>&1; then
    echo "$folder is ready"
    exit 0
fi

"$python" -m venv "$folder"
pip="$folder/bin/python -m pip --disable-pip-version-check"
$pip install --quiet "$torch" numpy scipy matplotlib pillow opencv-python-headless six addict pyyaml rich termcolor yapf packaging \
    json-tricks munkres pycocotools shapely terminaltables tqdm
$pip install --quiet --no-deps onedl-mmengine==0.10.12 onedl-mmdetection==3.5.1 mmpose==1.3.2
$pip install --quiet --no-deps onedl-mmcv==2.3.6

site=$("$folder/bin/python" -c "import sysconfig; print(sysconfig.get_paths()['purelib'])")
cat > "$site/mmpose_stand_ins.py" <<'PYTHON'
"""Stand-ins for three modules mmpose imports and pose estimation does not use. Loaded when this environment's Python starts."""

import importlib
import importlib.abc
import importlib.machinery
import sys
import types


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    NAMES = {"torchvision", "torchvision.transforms", "mmcv._ext"}

    def find_spec(self, name, path=None, target=None):
        if name in self.NAMES or name.split(".")[0] == "xtcocotools":
            package = name in ("torchvision", "xtcocotools")
            return importlib.machinery.ModuleSpec(name, self, origin="stand-in", is_package=package)
        return None

    def create_module(self, spec):
        if spec.name.split(".")[0] == "xtcocotools":  # the same interface, built for current numpy
            twin = importlib.import_module(spec.name.replace("xtcocotools", "pycocotools", 1))
            module = types.ModuleType(spec.name)
            module.__dict__.update({k: v for k, v in vars(twin).items() if not k.startswith("__")})
            return module
        return _Operators(spec.name) if spec.name == "mmcv._ext" else types.ModuleType(spec.name)

    def exec_module(self, module):
        if module.__name__ == "torchvision":
            module.__version__ = "0.0.0"
        if module.__name__ == "torchvision.transforms":
            module.ToPILImage = type("ToPILImage", (), {})  # only drawn with


class _Operators(types.ModuleType):
    """mmcv's compiled operators: each raises when called."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def operator(*_, **__):
            raise NotImplementedError(f"mmcv was installed without its compiled operator {name}")

        return operator


sys.meta_path.append(_StandIns())  # last: a real module, where there is one, is taken
PYTHON
echo "import mmpose_stand_ins" > "$site/mmpose_stand_ins.pth"

"$folder/bin/python" -c "import mmpose, mmpose.apis, torch; print('mmpose', mmpose.__version__, 'with torch', torch.__version__)"
echo "$folder is ready: export SKELGAIT_MMPOSE_PYTHON=$folder/bin/python"
