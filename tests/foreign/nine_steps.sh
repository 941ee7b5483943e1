#!/usr/bin/env bash
# Amazon's tutorial "send a message", with curl alone: an invoice, and a question if its text is given.
# Usage: nine_steps.sh ORDER FILE [TEXT]
# The environment says where and who: SP_API_ENDPOINT, LWA_ENDPOINT, SP_API_DEFAULT_MARKETPLACE (an id),
# SP_API_REFRESH_TOKEN, LWA_APP_ID, LWA_CLIENT_SECRET.
set -euo pipefail

order=$1 # step 1: the order
file=$2  # step 5: the attachment
text=${3:-} # step 4: the text

# The text of one field of a JSON document. Good enough for Amazon's answers.
field() {
  sed -n "s/.*\"$1\": *\"\\([^\"]*\\)\".*/\\1/p"
}

call() {
  curl --silent --show-error --fail-with-body -H "x-amz-access-token: $token" "$@"
}

token=$(
  curl --silent --show-error --fail-with-body "$LWA_ENDPOINT" -d grant_type=refresh_token \
    --data-urlencode "refresh_token=$SP_API_REFRESH_TOKEN" \
    --data-urlencode "client_id=$LWA_APP_ID" \
    --data-urlencode "client_secret=$LWA_CLIENT_SECRET" | field access_token
)
orders=$SP_API_ENDPOINT/messaging/v1/orders/$order
query="marketplaceIds=$SP_API_DEFAULT_MARKETPLACE"

# Step 2: what the order allows, and the buyer's language.
call -H 'accept: application/hal+json' "$orders?$query" -o actions.json
call -H 'accept: application/hal+json' "$orders/attributes?$query" | field locale

# Step 3: the choice. The action is called sendInvoice, its operation invoice.
grep -q '"sendInvoice"' actions.json

# Step 6: the digest, 16 bytes in base64.
digest=$(openssl dgst -md5 -binary "$file" | base64)

# Step 7: the destination. curl would encode the digest for a GET alone, so it is done here.
encoded=$(printf '%s' "$digest" | sed 's/+/%2B/g; s,/,%2F,g; s/=/%3D/g')
uploads=$SP_API_ENDPOINT/uploads/2020-11-01/uploadDestinations
call -X POST "$uploads/messaging/v1/orders/$order/messages/invoice?$query&contentMD5=$encoded" -o destination.json
upload=$(field uploadDestinationId <destination.json)

# Step 8: the file, unchanged, with the headers of the destination.
curl --silent --show-error --fail-with-body --upload-file "$file" \
  -H "Content-MD5: $(field Content-MD5 <destination.json)" \
  -H "x-amz-server-side-encryption: $(field x-amz-server-side-encryption <destination.json)" \
  "$(field url <destination.json)"

# Step 9: the messages.
send() {
  call -H 'content-type: application/json' "$orders/messages/$1?$query" --data-binary "$2"
}
send invoice "{\"attachments\": [{\"uploadDestinationId\": \"$upload\", \"fileName\": \"$(basename "$file")\"}]}"
if [ -n "$text" ]; then
  send confirmOrderDetails "{\"text\": \"$text\"}"
fi
