//! Plain columns on standard output.

/// Puts rows under their heads; the last column is not filled up.
pub(super) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = heads.map(|head| head.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let mut text = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            text.push_str(&format!("{cell:width$}  "));
        }
        format!("{}\n", text.trim_end())
    };
    let mut text = line(heads);
    for row in rows {
        text.push_str(&line(row.each_ref().map(String::as_str)));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a".to_owned(), "long one".to_owned()], ["größer".to_owned(), String::new()]];
        assert_eq!(super::table(["ID", "WHAT"], &rows), "ID      WHAT\na       long one\ngrößer\n");
    }
}
