"""What a WSGI server loads."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhuisu.config.settings")
os.environ["PGAPPNAME"] = "zhuisu web"  # what pg_stat_activity calls us
django = get_wsgi_application()

from django.urls import get_resolver  # noqa: E402 needs the settings

from zhuisu.config import processes  # noqa: E402 needs the settings
from zhuisu.config.quick import Quick  # noqa: E402 needs the settings
from zhuisu.lineage.snapshot import compiled  # noqa: E402 needs the settings

application = Quick(django)

_ = get_resolver().url_patterns  # loads every view, which the first request would wait for
# What is loaded by now stays to the end. Walking through it to find that out takes the collector some 80 ms, in which nobody is
# answered (decision 0029).
gc.collect()
gc.freeze()

processes.announce("web")
compiled.allow()
