{{/*
Sets .Values.passwords: {service: password}. A password that the cluster has is kept; a new service gets a random one.
Worked out once per render, so that every template sees the same.
*/}}
{{- define "postgres.passwords" -}}
{{- if not (hasKey .Values "passwords") }}
{{- $kept := (lookup "v1" "Secret" .Release.Namespace "postgres-roles").data | default dict }}
{{- $passwords := dict }}
{{- range .Values.services }}
{{- $password := get $kept .name | b64dec | default (randAlphaNum 32) }}
{{- $_ := set $passwords .name $password }}
{{- end }}
{{- $_ := set .Values "passwords" $passwords }}
{{- end }}
{{- end }}
