# statements.pl: preprocessed C on standard input -> its SQL statements, one a line: adjacent string literals joined, blanks squeezed.
# A literal that a macro puts together has been joined by the preprocessor's output order.
use strict;
use warnings;
local $/;
my $c = <STDIN>;
$c =~ s{/\*.*?\*/}{ }gs;
while ($c =~ /((?:"(?:[^"\\]|\\.)*"\s*)+)/g) {
    my $all = $1;
    my $text = join '', $all =~ /"((?:[^"\\]|\\.)*)"/g;
    $text =~ s/\\n/ /g;
    $text =~ s/\\"/"/g;
    $text =~ s/\s+/ /g;
    $text =~ s/^ | $//g;
    next unless $text =~ /^(?:SELECT|INSERT|REPLACE|UPDATE|DELETE|WITH) /;
    next if $text =~ /%[sdl.]/;    # a format: what it is filled with is for the code that does
    print "$text\n";
}
