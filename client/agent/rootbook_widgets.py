"""Widgets as text: ROOTbook shows the text form of a widget, and here that follows what the widget becomes."""

import sys
import time

VIEW = "application/vnd.jupyter.widget-view+json"
#: So many displays are followed; what was shown before them keeps its last text.
MOST = 20
SECONDS = 0.1


class WidgetTexts:
    """Knows which widgets are displayed, and tells their new text when a part of any has changed."""

    def __init__(self, update):
        """`update(data, metadata, display_id)` replaces what is displayed."""
        self._update = update
        self._shown = {}
        self._followed = set()
        self._told = 0.0
        self._changed = False

    def displayed(self, data, metadata, display_id=None):
        """Follows the widget of these data from now on. The id by which they are replaced."""
        model = data[VIEW].get("model_id")
        widget = find(model)
        if widget is None or widget.comm is None:
            return display_id
        self._follow(type(widget.comm))
        display_id = display_id or "widget-%s" % model
        self._shown.pop(model, None)
        self._shown[model] = (dict(data), metadata, display_id)
        if len(self._shown) > MOST:
            del self._shown[next(iter(self._shown))]
        return display_id

    def _follow(self, comm):
        """Whatever a widget tells its page goes through its comm."""
        if comm in self._followed:
            return
        self._followed.add(comm)
        publish = comm.publish_msg

        def publish_msg(this, msg_type, *arguments, **keywords):
            publish(this, msg_type, *arguments, **keywords)
            if msg_type != "comm_open":
                self._changed = True
                if time.monotonic() - self._told >= SECONDS:
                    self.tell()

        comm.publish_msg = publish_msg

    def tell(self):
        """What has changed and is not told yet; called at the end of a cell, too."""
        if not self._changed:
            return
        self._changed, self._told = False, time.monotonic()
        for model, (data, metadata, display_id) in list(self._shown.items()):
            widget = find(model)
            if widget is None:  # Closed: it is gone from every page.
                del self._shown[model]
                self._update({"text/plain": ""}, metadata, display_id)
                continue
            text = (widget._repr_mimebundle_() or {}).get("text/plain", "")
            if text != data["text/plain"]:
                data["text/plain"] = text
                self._update(data, metadata, display_id)


def find(model):
    module = sys.modules.get("ipywidgets.widgets.widget")
    return getattr(module, "_instances", {}).get(model)
