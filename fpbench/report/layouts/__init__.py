"""The layouts that come with fpbench, one YAML file each; ``fpbench.report.layout`` says what they may contain."""
