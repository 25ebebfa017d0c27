"""What the test's Firefox is set to: Tor Browser's choices where they matter, and silence."""

import json
from collections.abc import Mapping

Preference = bool | int | str

#: As Tor Browser has it, where a page could notice.
TOR_BROWSER: Mapping[str, Preference] = {
    "browser.privatebrowsing.autostart": True,
    "dom.securecontext.allowlist_onions": True,
    "network.dns.blockDotOnion": False,
    "network.dns.disablePrefetch": True,
    "network.http.http2.enabled": False,
    "network.http.referer.hideOnionSource": True,
    "network.http.speculative-parallel-limit": 0,
    "network.prefetch-next": False,
    "network.proxy.allow_bypass": False,
    "network.proxy.failover_direct": False,
    "network.proxy.socks5_remote_dns": True,
    "network.proxy.socks_remote_dns": True,
    "network.proxy.socks_version": 5,
    "network.proxy.type": 1,
    "privacy.firstparty.isolate": True,
    "privacy.resistFingerprinting": True,
    # Onions have no certificates; Tor Browser excepts them from this one, which Firefox does not.
    "dom.security.https_only_mode": False,
    "dom.security.https_first": False,
}

#: As Tor Browser has it at its level "Safer": scripts run, but nothing makes machine code of them.
SAFER: Mapping[str, Preference] = {
    "javascript.options.asmjs": False,
    "javascript.options.baselinejit": False,
    "javascript.options.ion": False,
    "javascript.options.native_regexp": False,
    "javascript.options.wasm": False,
}

#: Firefox asks its maker for a lot of things. What is left goes to a SOCKS port where nobody is,
#: until ``Firefox.go_through`` names a real one; 127.0.0.1 is never proxied.
QUIET: Mapping[str, Preference] = {
    "app.normandy.enabled": False,
    "browser.backup.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.region.update.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "identity.fxaccounts.enabled": False,
    "nimbus.rollouts.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.socks": "127.0.0.1",
    "network.proxy.socks_port": 9,
    "network.trr.mode": 5,
    "security.OCSP.enabled": 0,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "data:,",
    "toolkit.telemetry.unified": False,
}

#: The port is chosen by the system, and written into the profile.
MARIONETTE: Mapping[str, Preference] = {
    "marionette.port": 0,
    # The same effects on every machine.
    "ui.prefersReducedMotion": 1,
    "layout.css.devPixelsPerPx": "1.0",
    "ui.useOverlayScrollbars": 1,
}


def user_js(*groups: Mapping[str, Preference]) -> str:
    """Return a profile's ``user.js``; of two values for one name the last counts."""
    merged: dict[str, Preference] = {}
    for group in groups:
        merged.update(group)
    return "".join(
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in merged.items()
    )
