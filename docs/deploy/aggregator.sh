#!/bin/sh
# /usr/local/sbin/aggregator, for root: the program as the service has it, with its user, its directories and its secrets.
# Run as root itself it would leave files in the store that the service may not write.
set -eu
umask 0027
set -a
AGGREGATOR_CONFIG=/etc/aggregator
AGGREGATOR_DATA=/var/lib/aggregator/store
AGGREGATOR_OUTPUT=/var/lib/aggregator/public
PYTHONDONTWRITEBYTECODE=1
HOME=/var/lib/aggregator
if [ -r /etc/aggregator/environment ]; then
    . /etc/aggregator/environment
fi
exec setpriv --reuid=aggregator --regid=aggregator --init-groups --no-new-privs -- /opt/aggregator/bin/aggregator "$@"
