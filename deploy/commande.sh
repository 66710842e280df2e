# sh deploy/commande.sh ledger verify: a command by hand, as the night's user, with the keys and settings of the
# units of the night and of the copy. Of staging: UNITS=entrepot-staging sh deploy/commande.sh …
set -eu
cd "${UNIT_FOLDER:-/etc/systemd/system}"
units="${UNITS:-entrepot}-nuit.service ${UNITS:-entrepot}-copie.service"
given=$(sed -n -E 's/^(User|Group|WorkingDirectory|UMask|LoadCredentialEncrypted|Environment)=/--property=&/p' $units |
  grep -v %d | sort -u)
# %d is a unit file's word for the folder of credentials; a command finds it in its environment.
keys=$(sed -n -E 's/^Environment=(\w+)=%d/\1=$CREDENTIALS_DIRECTORY/p' $units | sort -u)
exec systemd-run --quiet --pty --wait --collect $given \
  sh -c "export $(echo $keys); exec .venv/bin/entrepot \"\$@\"" entrepot "$@"
