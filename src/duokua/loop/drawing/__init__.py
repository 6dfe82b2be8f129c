"""Drawing panels (面板绘制): from rows to lines, points and cells, without a page or a database.

Everything that is drawn has its rows beside it as a table, so that nobody needs the drawing.
"""
