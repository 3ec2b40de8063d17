{{/* Discovers the running pods of some namespaces that have a container port of this name. */}}
{{- define "pods" }}
kubernetes_sd_configs:
  - role: pod
    namespaces: { names: [{{ uniq .namespaces | join ", " }}] }
relabel_configs:
  - { source_labels: [__meta_kubernetes_pod_container_port_name], regex: {{ .port }}, action: keep }
  - { source_labels: [__meta_kubernetes_pod_phase], regex: Running, action: keep }
  {{- include "labels" . | indent 2 }}
{{- end }}

{{- define "labels" }}
- { source_labels: [__meta_kubernetes_pod_label_app], target_label: app }
- { source_labels: [__meta_kubernetes_namespace], target_label: namespace }
- { source_labels: [__meta_kubernetes_pod_name], target_label: pod }
{{- end }}
