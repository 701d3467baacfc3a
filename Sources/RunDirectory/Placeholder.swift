enum RunDirectoryPlaceholder {}
