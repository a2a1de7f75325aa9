// Draws one canvas of each kind and writes it as ROOT itself gives it to JSROOT: NAME.json, NAME.zip (TBufferJSON::zipJSON), numbers.json.
#include <TBufferJSON.h>
#include <TCanvas.h>
#include <TF1.h>
#include <TF2.h>
#include <TGraphErrors.h>
#include <TH1.h>
#include <TH2.h>
#include <TH3.h>
#include <THStack.h>
#include <TLatex.h>
#include <TLegend.h>
#include <TMultiGraph.h>
#include <TProfile.h>
#include <TROOT.h>
#include <TRandom3.h>
#include <TStyle.h>

#include <fstream>
#include <string>

std::string gFolder;

void save(TCanvas &canvas, const char *name) {
  canvas.Update();
  const TString json = TBufferJSON::ToJSON(&canvas, 23);
  std::ofstream(gFolder + "/" + name + ".json") << json.Data();
  const TString zip = TBufferJSON::zipJSON(json.Data());
  std::ofstream(gFolder + "/" + name + ".zip") << json.Length() << " " << zip.Data();
}

void plots(const char *folder) {
  gFolder = folder;
  gROOT->SetBatch(true);
  gRandom->SetSeed(20);

  TH1F h("h", "Dimuon mass;m_{#mu#mu} [GeV];Events / 0.5 GeV", 100, 66, 116);
  for (int i = 0; i < 20000; ++i) h.Fill(gRandom->BreitWigner(91.19, 2.5));
  TCanvas c1("c1", "One histogram", 700, 500);
  h.Draw();
  save(c1, "th1");

  gStyle->SetOptFit(1111);
  TH1D fitted("fitted", "Gauss with fit;x;entries", 60, -4, 4);
  fitted.FillRandom("gaus", 5000);
  TCanvas cFit("cFit", "Fit", 700, 500);
  fitted.SetMarkerStyle(20);
  fitted.Draw("E");
  fitted.Fit("gaus", "Q");
  save(cFit, "fit");

  TH2F h2("h2", "Two dimensions;x;y", 40, -3, 3, 40, -3, 3);
  for (int i = 0; i < 50000; ++i) h2.Fill(gRandom->Gaus(), gRandom->Gaus());
  TCanvas c2("c2", "colz", 700, 500);
  c2.SetRightMargin(0.14);
  h2.Draw("colz");
  save(c2, "th2");

  TCanvas c3("c3", "A graph", 700, 500);
  c3.SetGrid();
  double x[5] = {1, 2, 3, 4, 5}, y[5] = {1.2, 3.9, 9.3, 15.8, 25.1}, ex[5] = {0.1, 0.1, 0.1, 0.1, 0.1}, ey[5] = {0.5, 0.6, 0.8, 1.2, 1.5};
  TGraphErrors graph(5, x, y, ex, ey);
  graph.SetName("graph");
  graph.SetTitle("Free fall;t [s];s [m]");
  graph.SetMarkerStyle(21);
  graph.SetMarkerColor(kRed + 1);
  graph.SetLineColor(kRed + 1);
  graph.Draw("AP");
  save(c3, "graph");

  TProfile profile("profile", "Profile;x;#LTy#GT", 50, -2, 2);
  for (int i = 0; i < 10000; ++i) {
    const double px = gRandom->Uniform(-2, 2);
    profile.Fill(px, px * px + gRandom->Gaus(0, 0.5));
  }
  TCanvas c4("c4", "A profile", 700, 500);
  profile.Draw();
  save(c4, "profile");

  THStack stack("stack", "Backgrounds;m [GeV];Events");
  TH1F top("top", "t#bar{t}", 40, 0, 200), wjets("wjets", "W + jets", 40, 0, 200), qcd("qcd", "QCD", 40, 0, 200);
  for (int i = 0; i < 4000; ++i) {
    top.Fill(gRandom->Gaus(120, 30));
    wjets.Fill(gRandom->Gaus(80, 20));
    qcd.Fill(gRandom->Exp(40));
  }
  top.SetFillColor(kRed - 7);
  wjets.SetFillColor(kAzure - 4);
  qcd.SetFillColor(kOrange - 2);
  for (TH1F *part : {&qcd, &wjets, &top}) stack.Add(part);
  TCanvas c5("c5", "A stack", 700, 500);
  stack.Draw("hist");
  TLegend legend(0.65, 0.65, 0.88, 0.88);
  legend.AddEntry(&top, "t#bar{t}", "f");
  legend.AddEntry(&wjets, "W + jets", "f");
  legend.AddEntry(&qcd, "QCD multijet", "f");
  legend.Draw();
  save(c5, "stack");

  TF1 f("f", "[0]*sin([1]*x)/x + TMath::Gaus(x,3,0.5)", 0.01, 20);
  f.SetParameters(1, 2);
  f.SetTitle("A function;x;f(x)");
  TCanvas c6("c6", "A function", 700, 500);
  f.Draw();
  save(c6, "tf1");

  TCanvas c7("c7", "Four pads", 800, 600);
  c7.Divide(2, 2);
  c7.cd(1);
  h.Draw();
  c7.cd(2);
  gPad->SetLogz();
  h2.Draw("col");
  c7.cd(3);
  graph.Draw("APL");
  c7.cd(4);
  gPad->SetLogy();
  top.Draw();
  save(c7, "pads");

  TCanvas c8("c8", "Formulas", 700, 500);
  TLatex latex;
  latex.SetTextSize(0.06);
  latex.DrawLatexNDC(0.1, 0.8, "#frac{d#sigma}{dp_{T}} = #int_{0}^{#infty} #sqrt{#hat{s}} e^{-x^{2}/2#sigma^{2}} dx");
  latex.DrawLatexNDC(0.1, 0.6, "#sqrt{s} = 13 TeV, #int L dt = 139 fb^{-1}");
  latex.DrawLatexNDC(0.1, 0.4, "#bar{B}^{0}_{s} #rightarrow #mu^{+}#mu^{-}, #Delta m = (1.7 #pm 0.2) #times 10^{-3}");
  save(c8, "latex");

  TMultiGraph multi("multi", "Two channels;energy [GeV];efficiency");
  double e1[5] = {0.4, 0.6, 0.75, 0.85, 0.9}, e2[5] = {0.3, 0.55, 0.7, 0.82, 0.86};
  auto *first = new TGraph(5, x, e1), *second = new TGraph(5, x, e2);
  first->SetTitle("electrons");
  second->SetTitle("muons");
  second->SetLineColor(kBlue);
  first->SetLineWidth(2);
  second->SetLineWidth(2);
  multi.Add(first, "LP");
  multi.Add(second, "LP");
  TCanvas c9("c9", "Two graphs", 700, 500);
  multi.Draw("A");
  c9.BuildLegend(0.6, 0.2, 0.88, 0.35);
  save(c9, "multigraph");

  TF2 f2("f2", "sin(x)*sin(y)/(x*y)", -6, 6, -6, 6);
  TCanvas c10("c10", "A surface", 700, 500);
  f2.Draw("surf1");
  save(c10, "surface");

  TH1F empty("empty", "Nothing yet;x;y", 10, 0, 1);
  TCanvas c11("c11", "Empty", 500, 350);
  empty.Draw();
  save(c11, "empty");

  std::ofstream numbers(gFolder + "/numbers.json");
  numbers.precision(17);
  numbers << "{\"h\":{\"entries\":" << h.GetEntries() << ",\"mean\":" << h.GetMean() << ",\"deviation\":" << h.GetStdDev()
          << ",\"underflow\":" << h.GetBinContent(0) << ",\"overflow\":" << h.GetBinContent(101)
          << ",\"maximum\":" << h.GetMaximum() << "},\"h2\":{\"entries\":" << h2.GetEntries() << ",\"meanX\":" << h2.GetMean(1)
          << ",\"meanY\":" << h2.GetMean(2) << ",\"deviationX\":" << h2.GetStdDev(1) << ",\"deviationY\":" << h2.GetStdDev(2)
          << "},\"profile\":{\"entries\":" << profile.GetEntries() << ",\"meanX\":" << profile.GetMean(1)
          << ",\"deviationX\":" << profile.GetStdDev(1) << "},\"version\":\"" << gROOT->GetVersion() << "\"}";
}
