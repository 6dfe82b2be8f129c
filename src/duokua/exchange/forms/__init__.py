"""What stewards declare in forms (表单登记): interfaces, grants, and a preview of their answers."""
