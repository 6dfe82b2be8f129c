"""Pages of the workbench (工作台): the desk, a case, the command board, the phone."""
