export const coverage_table = () => "";
