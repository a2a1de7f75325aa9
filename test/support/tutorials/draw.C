// What ROOT's own conversion of tutorials into notebooks adds to each: every canvas is drawn.
{
   gROOT->GetListOfCanvases()->Draw();
}
