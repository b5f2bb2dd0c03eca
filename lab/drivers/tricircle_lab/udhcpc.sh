#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
#
# What a guest does with the answer of a DHCP server; called by busybox udhcpc.
# CONSOLE, RESOLV and METRIC come from guest.py, the rest from udhcpc.

say() { echo "[dhcp] $interface: $*" >>"$CONSOLE"; }

via() {  # destination gateway
    case "$2" in
        0.0.0.0) ip route replace "$1" dev "$interface" metric "$METRIC" ;;
        *) ip route replace "$1" via "$2" dev "$interface" onlink \
               metric "$METRIC" ;;
    esac
}

routes() {
    # A client that gets classless routes must ignore the router (RFC 3442).
    if [ -n "$staticroutes" ]; then
        set -- $staticroutes
        while [ $# -ge 2 ]; do
            via "$1" "$2"
            shift 2
        done
    elif [ -n "$router" ]; then
        via default "${router%% *}"
    fi
}

resolvers() {
    for server in $dns; do
        grep -qsx "nameserver $server" "$RESOLV" ||
            echo "nameserver $server" >>"$RESOLV"
    done
}

case "$1" in
    bound | renew)
        [ -n "$mtu" ] && ip link set dev "$interface" mtu "$mtu"
        ip -4 address replace "$ip/$mask" dev "$interface"
        routes
        resolvers
        say "bound to $ip/$mask, lease of ${lease}s from $serverid;" \
            "router ${router:-none}, routes ${staticroutes:-none}," \
            "dns ${dns:-none}, mtu ${mtu:-as is}"
        ;;
    leasefail) say "no answer yet" ;;
    nak) say "refused: ${message:-no reason given}" ;;
esac
exit 0
