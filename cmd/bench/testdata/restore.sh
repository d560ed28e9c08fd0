# Creates, starts and polls one restore by curl: restore.sh ENDPOINT NUMBER.
# Parameters stand in the order in which they are signed, and percent-encoded.
set -eu
endpoint=$1 i=$2

# call ACTION PARAMETERS-BEFORE-SignatureMethod PARAMETERS-AFTER
call() {
	when=$(date -u +%Y-%m-%dT%H%%3A%M%%3A%SZ)
	nonce=$(cat /proc/sys/kernel/random/uuid)
	query="AccessKeyId=runner&Action=$1${2:+&$2}&SignatureMethod=HMAC-SHA1&SignatureNonce=$nonce&SignatureVersion=1.0${3:+&$3}&Timestamp=$when&Version=2019-03-06"
	string="POST&%2F&$(printf %s "$query" | sed 's/%/%25/g; s/=/%3D/g; s/&/%26/g')"
	signature=$(printf %s "$string" | openssl dgst -sha1 -hmac 'made-up&' -binary | base64 | sed 's/+/%2B/g; s,/,%2F,g; s/=/%3D/g')
	curl -sf --data "$query&Signature=$signature" "$endpoint/"
}

plan=$(printf 'dbs1bench%02d' $((i % 10)))
instance=$(printf 'rm-bench%02d' $((i % 20)))
at=$(($(date +%s) - 3600))000
objects="%5B%7B%22DBName%22%3A%22shop%22%2C%22NewDBName%22%3A%22shop_$i%22%7D%5D"
id=$(call CreateRestoreTask "BackupPlanId=$plan&DestinationEndpointInstanceID=$instance&DestinationEndpointInstanceType=RDS&DestinationEndpointPassword=made-up&DestinationEndpointRegion=cn-hangzhou&DestinationEndpointUserName=drill&Format=JSON&RestoreObjects=$objects&RestoreTaskName=bench-$i&RestoreTime=$at" "" |
	sed 's/.*"RestoreTaskId":"\([^"]*\)".*/\1/')
call StartRestoreTask "Format=JSON&RestoreTaskId=$id" "" >/dev/null
while sleep 0.2; do
	case $(call DescribeRestoreTaskList "Format=JSON&RestoreTaskId=$id" "") in
	*'"RestoreStatus":"finish"'*) exit 0 ;;
	*'"RestoreStatus":"init"'* | *'"RestoreStatus":"running"'*) ;;
	*) exit 1 ;;
	esac
done
