"""What a WSGI server loads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhuisu.config.settings")
os.environ["PGAPPNAME"] = "zhuisu web"  # what pg_stat_activity calls us
django = get_wsgi_application()

from zhuisu.config import processes  # noqa: E402 needs the settings
from zhuisu.config.quick import Quick  # noqa: E402 needs the settings

application = Quick(django)

processes.announce("web")
