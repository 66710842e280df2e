# sh deploy/staging.sh FOLDER: the units of an environment beside production, with folders, private catalogue,
# witness, copies, address, port, user and keys of its own.
set -eu
here=$(dirname "$0")
for file in "$here"/entrepot-*.service "$here"/entrepot-*.timer; do
  name=$(basename "$file")
  sed -e 's#/var/lib/entrepot#&-staging#g' -e 's#/srv/temoin#&-staging#g' -e 's#/srv/copies#&-staging#g' \
    -e 's#/etc/entrepot/#/etc/entrepot-staging/#g' \
    -e 's#https://#&staging.#' -e 's#ui --no-daemon#& --port 3001#' \
    -e 's#^OnSuccess=entrepot-#&staging-#' -e 's#^Group=.*#&-staging#' -e 's#^User=.*#&-staging\
Environment=ENTREPOT_ENVIRONMENT=staging#' \
    -e 's#^LoadCredentialEncrypted=\(.*\)#&:/etc/credstore.encrypted/staging/\1#' "$file" > "$1/entrepot-staging-${name#entrepot-}"
done
